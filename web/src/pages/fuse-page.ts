import { LitElement, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Job, JobState, Method } from '../api/contract';
import { swapIcon } from '../elements/common/icons';
import { fusion } from '../state/fusion';
import { onNavigation } from '../state/router';
import { StoreController } from '../state/store-controller';
import { base, buttons } from '../style/controls';
import { fusePageStyle } from './fuse-page-style';
import '../elements/blend/blend-controls';
import '../elements/blend/interpolation-slider';
import '../elements/job/job-progress';
import '../elements/job/job-result';
import '../elements/form/method-tabs';
import '../elements/form/piece-controls';
import '../elements/piece/piece-slot';
import '../elements/common/error-message';
import '../elements/form/style-fields';

const SUBMIT_LABELS: Readonly<Record<Method, string>> = { vae: 'Blend', gan: 'Generate', hybrid: 'Make a hybrid' };

const INTRODUCTIONS: Readonly<Record<Method, string>> = {
  vae: 'Two pieces become one that lies between them.',
  gan: 'A new piece from a style, a mood and a seed. Leave open whatever you like.',
  hybrid: 'Two new pieces are generated, then blended. You get all three.',
};

/** Where pieces are blended, generated and both. */
@customElement('fuse-page')
export class FusePage extends LitElement {
  static override readonly styles = [base, buttons, fusePageStyle];

  private unsubscribe?: () => void;
  /** The state of the job as last drawn. */
  private previousState: JobState | null = null;

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unsubscribe = onNavigation(() => this.syncFromUrl());
    this.syncFromUrl();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
  }

  /** A result that comes while one waits for it takes the place of its progress, at the top. */
  override updated(): void {
    const renderJob = fusion.job?.state ?? null;
    const [before, renderOutcome] = [this.previousState, this.renderRoot.querySelector('.outcome')];
    this.previousState = renderJob;
    if (renderJob !== 'succeeded' || before === null || before === renderJob || renderOutcome === null) return;
    const { top } = renderOutcome.getBoundingClientRect();
    if (top > 0 && top < innerHeight) void this.scrollToOutcome();
  }

  override render() {
    const { method } = fusion.form;
    return html`
      <h1>Fuse</h1>
      <method-tabs
        .method=${method}
        @method=${(event: CustomEvent<Method>) => fusion.updateForm({ method: event.detail })}
      >
      </method-tabs>
      <div role="tabpanel" aria-label=${SUBMIT_LABELS[method]}>
        <form @submit=${this.onSubmit} novalidate>
          <p class="lead">${INTRODUCTIONS[method]}</p>
          ${method === 'vae' ? html`${this.renderSlots()}<interpolation-slider></interpolation-slider>` : nothing}
          ${method === 'vae' ? nothing : html`<style-fields></style-fields>`}
          ${method === 'gan' ? nothing : html`<blend-controls></blend-controls>`}
          ${method === 'vae' ? this.renderMoreControls() : html`<piece-controls></piece-controls>`}
          ${this.renderSubmit(SUBMIT_LABELS[method])}
        </form>
      </div>
      <p class="visually-hidden" role="status">${statusText(fusion.job)}</p>
      <section class="outcome" aria-label="Outcome">${this.renderOutcome(fusion.job)}</section>
    `;
  }

  private renderSlots() {
    return html`<div class="slots">
      <piece-slot side="a"></piece-slot>
      <button class="round swap" type="button" aria-label="Swap A and B" @click=${() => fusion.swapSlots()}>
        ${swapIcon}
      </button>
      <piece-slot side="b"></piece-slot>
    </div>`;
  }

  private renderMoreControls() {
    return html`<details class="more">
      <summary>Key, tempo, seed and more</summary>
      <piece-controls></piece-controls>
    </details>`;
  }

  /** A button that cannot be pressed stays in the tab order and says why. */
  private renderSubmit(label: string) {
    const blocker = fusion.isBusy ? 'One job at a time: this one is running.' : fusion.submitBlocker;
    return html`<div class="submit">
      <button
        class="primary"
        type="submit"
        aria-disabled=${blocker === null ? 'false' : 'true'}
        aria-describedby=${blocker === null ? nothing : 'why'}
      >
        ${label}
      </button>
      <p id="why" class="why">${blocker ?? ''}</p>
    </div>`;
  }

  private renderOutcome(job: Job | null) {
    return html`
      <error-message .problem=${fusion.problem}></error-message>
      ${job === null ? nothing : this.renderJob(job)}
    `;
  }

  private renderJob(job: Job) {
    switch (job.state) {
      case 'succeeded':
        return html`<job-result .job=${job}></job-result>`;
      case 'failed':
        return html`<error-message .problem=${job.error ?? UNKNOWN_PROBLEM}></error-message>
          <p>Your pieces and settings are still here. Change something, or try again.</p>`;
      case 'cancelled':
        return html`<p>Cancelled. Your pieces and settings are still here.</p>`;
      default:
        return html`<job-progress .job=${job} @cancel=${() => void fusion.cancel()}></job-progress>`;
    }
  }

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    void this.submit();
  };

  /** Starts the job and brings its progress into view. */
  private async submit(): Promise<void> {
    await fusion.submit();
    await this.scrollToOutcome();
  }

  private async scrollToOutcome(): Promise<void> {
    await this.updateComplete;
    await this.renderRoot.querySelector('job-result')?.updateComplete;
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth';
    this.renderRoot.querySelector('.outcome')?.scrollIntoView({ behavior, block: 'start' });
  }

  private syncFromUrl(): void {
    if (location.pathname === '/fuse') fusion.syncFromUrl(new URLSearchParams(location.search));
  }
}

/** How a job ended, for those who do not see the page change. */
function statusText(job: Job | null): string {
  if (job?.state === 'succeeded') return `Done: ${job.results[0]?.title ?? ''}`;
  return job?.state === 'cancelled' ? 'Cancelled' : '';
}

const UNKNOWN_PROBLEM = {
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
