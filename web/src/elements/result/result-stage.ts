import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { problemReason } from '../../api/problem';
import type { Job, JobOutput, Notes, Problem } from '../../api/types';
import { jobProblem } from './job-problems';
import { comparison, type Side } from '../../state/playback/comparison';
import { player } from '../../state/player';
import { fusion } from '../../state/fusion';
import { interpolation } from '../../state/fusion/interpolation';
import { resultView, type StageView } from '../../state/result-view';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { stageStyle } from './stage-style';
import '../common/error-message';
import '../job/bar-shares';
import '../job/job-progress';
import '../job/result-header';
import '../piano-roll/interpolation-roll';
import '../piano-roll/piano-roll';
import '../player/play-button';

interface Shown {
  readonly fileId: string;
  readonly title: string;
}

/** The roll of what is worked on: a parent, the result, or a preview. Its head says what it is and what runs. */
@customElement('result-stage')
export class ResultStage extends LitElement {
  static override readonly styles = [base, buttons, stageStyle];

  /** The side of the comparison that played at the previous update. */
  private playedSide: Side | null = null;

  constructor() {
    super();
    new StoreController(this, fusion, interpolation, resultView, comparison, player);
  }

  /** The roll follows what plays: A, the blend and B can be switched by keys as well. */
  override willUpdate(): void {
    const job = fusion.shownJob;
    if (job !== null) resultView.showJob(job);
    const side = this.isCompared ? comparison.current : null;
    if (side !== null && side !== this.playedSide) resultView.show(side);
    this.playedSide = side;
  }

  /** Whether the shown result is the blend that the transport compares with its parents. */
  private get isCompared(): boolean {
    const job = fusion.shownJob;
    const fileId = job === null ? undefined : resultView.piece(job)?.file_id;
    return fileId !== undefined && comparison.piece('blend')?.fileId === fileId;
  }

  override render() {
    const view = this.view;
    return html`
      <div class="head">
        ${this.renderViews(view)} ${this.renderTitle(view)} ${this.renderState()}
        <div class="problems">${this.renderProblems()}</div>
      </div>
      <div class="roll ${view === 'blend' && fusion.isOutdated ? 'outdated' : ''}">${this.renderRoll(view)}</div>
    `;
  }

  private get isPreviewing(): boolean {
    return fusion.form.method === 'vae' && interpolation.step !== null && interpolation.matchesForm(fusion);
  }

  /** What there is to show, in the order of the switch. */
  private get views(): readonly StageView[] {
    return [
      ...(this.parent('a') ? (['a'] as const) : []),
      ...(this.isPreviewing ? (['preview'] as const) : []),
      ...(fusion.shownJob !== null ? (['blend'] as const) : []),
      ...(this.parent('b') ? (['b'] as const) : []),
    ];
  }

  /** The chosen view, or the nearest one that there is. */
  private get view(): StageView | null {
    const { views } = this;
    const candidates: readonly StageView[] = [resultView.view, 'blend', 'preview', 'a', 'b'];
    return candidates.find((view) => views.includes(view)) ?? null;
  }

  /** A piece in a slot, or a parent that was generated. */
  private parent(side: 'a' | 'b'): Shown | null {
    if (fusion.form.method === 'vae') {
      const { file } = fusion.slots[side];
      return file?.summary == null ? null : { fileId: playableId(file), title: file.title };
    }
    const job = fusion.shownJob;
    if (fusion.form.method === 'gan' || job?.method !== 'hybrid') return null;
    const parent = job.parents[2 * (job.results.length > 1 ? resultView.selectedIndex : 0) + (side === 'a' ? 0 : 1)];
    return parent === undefined ? null : { fileId: parent.file_id, title: parent.title };
  }

  private renderViews(shown: StageView | null) {
    const { views } = this;
    if (views.length < 2) return html`<span></span>`;
    const names: Readonly<Record<StageView, string>> = {
      a: 'A',
      preview: msg('Preview'),
      blend: fusion.shownJob?.method === 'gan' ? msg('Result') : msg('Blend'),
      b: 'B',
    };
    return html`<div class="views" role="group" aria-label=${msg('Show in the roll')}>
      ${views.map(
        (view) =>
          html`<button
            type="button"
            class=${view}
            aria-pressed=${view === shown ? 'true' : 'false'}
            aria-label=${view === 'a' || view === 'b' ? msg(str`Piece ${names[view]}`) : nothing}
            @click=${() => this.onView(view)}
          >
            ${names[view]}
          </button>`,
      )}
    </div>`;
  }

  private renderTitle(view: StageView | null) {
    const job = fusion.shownJob;
    if (view === 'blend' && job !== null) return html`<result-header class="title" .job=${job}></result-header>`;
    const shown = view === 'preview' ? this.step : view === null || view === 'blend' ? null : this.parent(view);
    if (shown === null) return html`<div class="title empty"><p class="name">${msg('No result yet')}</p></div>`;
    return html`<div class="title">
      <play-button file-id=${shown.fileId} label=${shown.title}></play-button>
      <p class="name" title=${shown.title}>${shown.title}</p>
    </div>`;
  }

  private get step(): Shown | null {
    const { step } = interpolation;
    return step && { fileId: step.fileId, title: step.title };
  }

  /** What runs, or that the result is not of the present settings. */
  private renderState() {
    const { job } = fusion;
    if (job?.state === 'queued' || job?.state === 'running')
      return html`<job-progress .job=${job} @cancel=${() => void fusion.cancel()}></job-progress>`;
    if (!fusion.isOutdated || fusion.shownJob === null) return nothing;
    return html`<div class="mark" role="status">
      <b>${msg('Made with other settings')}</b>
      <button type="button" @click=${this.onMakeAgain}>${msg('Make again')}</button>
      <button class="quiet" type="button" @click=${() => fusion.restoreSubmission()}>${msg('Its settings')}</button>
    </div>`;
  }

  private renderProblems() {
    const { job, problem } = fusion;
    const shown = problem ?? (job?.state === 'failed' ? jobProblem(job) : null);
    if (shown === null)
      return job?.state === 'cancelled'
        ? html`<p>${msg('Cancelled. Your pieces and settings are still here.')}</p>`
        : nothing;
    const retry = problem === null && job !== null ? () => fusion.makeAgain(job) : fusion.retry;
    return html`<error-message .problem=${shown} .retry=${retry} ?manual=${problem === null}></error-message
      >${this.renderConversion(shown)}`;
  }

  /** Offers to convert a piece in a meter such as 5/4, which is refused otherwise. */
  private renderConversion(problem: Problem) {
    if (problemReason(problem) !== 'IRREGULAR_METER') return nothing;
    return html`<p>
        ${msg('Converted to 4/4, the piece keeps its rhythm, but its beats and bars will not match the other one.')}
      </p>
      <button type="button" @click=${this.onConvert}>${msg('Convert and blend')}</button>`;
  }

  private renderRoll(view: StageView | null) {
    if (view === 'preview' && interpolation.step !== null)
      return html`<interpolation-roll .steps=${interpolation.steps} .step=${interpolation.step}></interpolation-roll>`;
    const job = fusion.shownJob;
    const piece = job === null ? undefined : resultView.piece(job);
    if (view === 'blend' && piece !== undefined) return this.renderResultRoll(piece);
    const parent = view === 'a' || view === 'b' ? this.parent(view) : null;
    if (parent !== null) return html`<piano-roll fill file-id=${parent.fileId} label=${parent.title}></piano-roll>`;
    return html`<p class="nothing">${emptyText()}</p>`;
  }

  private renderResultRoll(piece: JobOutput) {
    const kind = fusion.shownJob?.method === 'gan' ? '' : 'blend';
    return html`<bar-shares class=${kind} file-id=${piece.file_id}></bar-shares
      ><piano-roll
        fill
        file-id=${piece.file_id}
        label=${piece.title}
        .audioDuration_s=${resultView.audioDuration_s}
        .sources=${resultView.sources}
        @notes-load=${(event: CustomEvent<Notes>) => resultView.set({ notes: event.detail })}
      ></piano-roll>`;
  }

  /** Shows a piece; where its blend is compared with it now, it plays on from the same bar. */
  private onView(view: StageView): void {
    resultView.show(view);
    if (view !== 'preview' && this.isCompared && player.isPlaying) comparison.choose(view);
  }

  private readonly onMakeAgain = (): void => {
    void fusion.submit();
  };

  private readonly onConvert = (): void => {
    fusion.updateForm({ meterPolicy: 'convert' });
    void fusion.submit();
  };
}

/** A recording plays as it was recorded, but its notes are those of the transcription. */
function playableId(file: { readonly file_id: string; readonly transcription?: { file_id: string } | null }): string {
  return file.transcription?.file_id ?? file.file_id;
}

function emptyText(): string {
  return fusion.form.method === 'vae'
    ? msg('The notes of your pieces and of the blend appear here.')
    : msg('The notes of the new piece appear here.');
}

/** Returns the outcome of a job as text, for screen readers. */
export function jobStatusText(job: Job | null): string {
  if (job?.state === 'succeeded') return msg(str`Done: ${job.results[0]?.title ?? ''}`);
  return job?.state === 'cancelled' ? msg('Cancelled') : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'result-stage': ResultStage;
  }
}
