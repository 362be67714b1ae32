import { LitElement, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { problemReason } from '../api/problem';
import type { Job, JobState, Method, Problem } from '../api/types';
import { swapIcon } from '../elements/common/icons';
import { fusion } from '../state/fusion';
import { onNavigation } from '../state/router';
import { StoreController } from '../state/store-controller';
import { base, buttons } from '../style/controls';
import { fusePageStyle } from './fuse-page-style';
import '../elements/blend/blend-controls';
import '../elements/blend/interpolation-slider';
import '../elements/desk/result-stage';
import '../elements/job/job-progress';
import '../elements/job/job-result';
import '../elements/form/method-tabs';
import '../elements/form/piece-controls';
import '../elements/piece/piece-slot';
import '../elements/common/error-message';
import '../elements/form/style-fields';

const SUBMIT_LABELS: Readonly<Record<Method, string>> = { vae: 'Blend', gan: 'Generate', hybrid: 'Generate a hybrid' };

const INTRODUCTIONS: Readonly<Record<Method, string>> = {
  vae: 'Combine two pieces into a new one that lies between them.',
  gan: 'Generate a new piece from a style, a mood and a seed. All settings are optional.',
  hybrid: 'Generate two new pieces and blend them. You get all three.',
};

/** The page on which pieces are blended, generated, or both. */
@customElement('fuse-page')
export class FusePage extends LitElement {
  static override readonly styles = [base, buttons, fusePageStyle];

  private unsubscribe?: () => void;
  /** The state of the job at the previous update. */
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

  /** Scrolls to a new result if the job's progress was in view. */
  override updated(): void {
    const state = fusion.job?.state ?? null;
    const [previousState, outcome] = [this.previousState, this.renderRoot.querySelector('.outcome')];
    this.previousState = state;
    if (state !== 'succeeded' || previousState === null || previousState === state || outcome === null) return;
    const { top } = outcome.getBoundingClientRect();
    if (top > 0 && top < innerHeight) void this.scrollToOutcome();
  }

  override render() {
    const { method } = fusion.form;
    return html`
      <h1>Fuse</h1>
      <method-tabs
        .method=${method}
        @method-change=${(event: CustomEvent<Method>) => fusion.updateForm({ method: event.detail })}
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

  /** A disabled button stays in the tab order and describes why it is disabled. */
  private renderSubmit(label: string) {
    const blocker = fusion.isBusy ? 'A job is already running.' : fusion.submitBlocker;
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
      ${this.renderConversion(fusion.problem)} ${job === null ? nothing : this.renderJob(job)}
    `;
  }

  private renderJob(job: Job) {
    switch (job.state) {
      case 'succeeded':
        return html`<result-stage .job=${job}></result-stage><job-result .job=${job}></job-result>`;
      case 'failed':
        return html`<error-message .problem=${job.error ?? UNKNOWN_PROBLEM}></error-message>
          ${this.renderConversion(job.error)}
          <p>Your pieces and settings are still here. Change a setting or try again.</p>`;
      case 'cancelled':
        return html`<p>Cancelled. Your pieces and settings are still here.</p>`;
      default:
        return html`<job-progress .job=${job} @cancel=${() => void fusion.cancel()}></job-progress>`;
    }
  }

  /** Offers to convert a piece in a meter such as 5/4, which is refused otherwise. */
  private renderConversion(problem: Problem | null) {
    if (problem === null || problemReason(problem) !== 'IRREGULAR_METER') return nothing;
    return html`<p>
        Converted to 4/4, the piece keeps its rhythm, but its beats and bars will not match the other one.
      </p>
      <button type="button" @click=${this.onConvert}>Convert and blend</button>`;
  }

  private readonly onConvert = (): void => {
    fusion.updateForm({ meterPolicy: 'convert' });
    void this.submit();
  };

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    void this.submit();
  };

  /** Submits the form and scrolls to the progress of the job. */
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

/** Returns the outcome of a job as text, for screen readers. */
function statusText(job: Job | null): string {
  if (job?.state === 'succeeded') return `Done: ${job.results[0]?.title ?? ''}`;
  return job?.state === 'cancelled' ? 'Cancelled' : '';
}

const UNKNOWN_PROBLEM = {
  type: 'about:blank',
  title: 'The job failed',
  status: 500,
  detail: 'The server gave no reason.',
};

declare global {
  interface HTMLElementTagNameMap {
    'fuse-page': FusePage;
  }
}
