import { LitElement, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Job, JobState, Method } from '../api/contract';
import { swapIcon } from '../elements/icons';
import { fusion } from '../state/fusion';
import { onNavigation } from '../state/router';
import { Watch } from '../state/watch';
import { base, buttons } from '../style/controls';
import { fuseStyle } from './fuse-style';
import '../elements/blend-controls';
import '../elements/blend-slide';
import '../elements/job-progress';
import '../elements/job-result';
import '../elements/method-tabs';
import '../elements/piece-controls';
import '../elements/piece-slot';
import '../elements/problem-note';
import '../elements/style-fields';

const VERBS: Readonly<Record<Method, string>> = { vae: 'Blend', gan: 'Generate', hybrid: 'Make a hybrid' };

const LEADS: Readonly<Record<Method, string>> = {
  vae: 'Two pieces become one that lies between them.',
  gan: 'A new piece from a style, a mood and a seed. Leave open whatever you like.',
  hybrid: 'Two new pieces are generated, then blended. You get all three.',
};

/** Where pieces are blended, generated and both. */
@customElement('fuse-page')
export class FusePage extends LitElement {
  static override readonly styles = [base, buttons, fuseStyle];

  private stop?: () => void;
  /** The state of the job as last drawn. */
  private shown: JobState | null = null;

  constructor() {
    super();
    new Watch(this, fusion);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stop = onNavigation(() => this.adopt());
    this.adopt();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
  }

  /** A result that comes while one waits for it takes the place of its progress, at the top. */
  override updated(): void {
    const state = fusion.job?.state ?? null;
    const [before, outcome] = [this.shown, this.renderRoot.querySelector('.outcome')];
    this.shown = state;
    if (state !== 'succeeded' || before === null || before === state || outcome === null) return;
    const { top } = outcome.getBoundingClientRect();
    if (top > 0 && top < innerHeight) void this.reveal();
  }

  override render() {
    const { method } = fusion.form;
    return html`
      <h1>Fuse</h1>
      <method-tabs .method=${method} @method=${(event: CustomEvent<Method>) => fusion.set({ method: event.detail })}>
      </method-tabs>
      <div role="tabpanel" aria-label=${VERBS[method]}>
        <form @submit=${this.start} novalidate>
          <p class="lead">${LEADS[method]}</p>
          ${method === 'vae' ? html`${this.slots()}<blend-slide></blend-slide>` : nothing}
          ${method === 'vae' ? nothing : html`<style-fields></style-fields>`}
          ${method === 'gan' ? nothing : html`<blend-controls></blend-controls>`}
          ${method === 'vae' ? this.foldedControls() : html`<piece-controls></piece-controls>`}
          ${this.submitRow(VERBS[method])}
        </form>
      </div>
      <p class="visually-hidden" role="status">${newsOf(fusion.job)}</p>
      <section class="outcome" aria-label="Outcome">${this.outcome(fusion.job)}</section>
    `;
  }

  private slots() {
    return html`<div class="slots">
      <piece-slot side="a"></piece-slot>
      <button class="round swap" type="button" aria-label="Swap A and B" @click=${() => fusion.swap()}>
        ${swapIcon}
      </button>
      <piece-slot side="b"></piece-slot>
    </div>`;
  }

  private foldedControls() {
    return html`<details class="more">
      <summary>Key, tempo, seed and more</summary>
      <piece-controls></piece-controls>
    </details>`;
  }

  /** A button that cannot be pressed stays in the tab order and says why. */
  private submitRow(verb: string) {
    const obstacle = fusion.isWorking ? 'One job at a time: this one is running.' : fusion.obstacle;
    return html`<div class="submit">
      <button
        class="primary"
        type="submit"
        aria-disabled=${obstacle === null ? 'false' : 'true'}
        aria-describedby=${obstacle === null ? nothing : 'why'}
      >
        ${verb}
      </button>
      <p id="why" class="why">${obstacle ?? ''}</p>
    </div>`;
  }

  private outcome(job: Job | null) {
    return html`
      <problem-note .problem=${fusion.problem}></problem-note>
      ${job === null ? nothing : this.state(job)}
    `;
  }

  private state(job: Job) {
    switch (job.state) {
      case 'succeeded':
        return html`<job-result .job=${job}></job-result>`;
      case 'failed':
        return html`<problem-note .problem=${job.error ?? NO_REASON}></problem-note>
          <p>Your pieces and settings are still here. Change something, or try again.</p>`;
      case 'cancelled':
        return html`<p>Cancelled. Your pieces and settings are still here.</p>`;
      default:
        return html`<job-progress .job=${job} @cancel=${() => void fusion.cancel()}></job-progress>`;
    }
  }

  private readonly start = (event: Event): void => {
    event.preventDefault();
    void this.run();
  };

  /** Starts the job and brings its progress into view. */
  private async run(): Promise<void> {
    await fusion.start();
    await this.reveal();
  }

  private async reveal(): Promise<void> {
    await this.updateComplete;
    await this.renderRoot.querySelector('job-result')?.updateComplete;
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth';
    this.renderRoot.querySelector('.outcome')?.scrollIntoView({ behavior, block: 'start' });
  }

  private adopt(): void {
    if (location.pathname === '/fuse') fusion.adopt(new URLSearchParams(location.search));
  }
}

/** How a job ended, for those who do not see the page change. */
function newsOf(job: Job | null): string {
  if (job?.state === 'succeeded') return `Done: ${job.results[0]?.title ?? ''}`;
  return job?.state === 'cancelled' ? 'Cancelled' : '';
}

const NO_REASON = {
  type: 'about:blank',
  title: 'The job failed',
  status: 500,
  detail: 'The job failed without a reason.',
};

declare global {
  interface HTMLElementTagNameMap {
    'fuse-page': FusePage;
  }
}
