import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job, JobOutput, Notes } from '../../api/types';
import type { BlendSources } from '../../music/blend-sources';
import { describeGeneration, formatCount, formatSetting } from '../../music/format';
import { base, buttons } from '../../style/controls';
import { jobResultStyle } from './job-result-style';
import '../common/download-links';
import '../piano-roll/piano-roll';
import '../piece/piece-notices';
import '../player/play-button';
import '../piece/section-strip';
import '../player/stem-mixer';
import '../common/assign-buttons';
import '../player/waveform-view';
import './source-strip';

/** File ids: the list of parents shows their titles. */
const HIDDEN_SETTINGS = new Set(['file_ids', 'recordings']);

/** The outcome of a succeeded job: its pieces, one of them selected, and its parents. Property: `job`. */
@customElement('job-result')
export class JobResult extends LitElement {
  static override readonly styles = [base, buttons, jobResultStyle];

  @property({ attribute: false }) job!: Job;
  @state() private selectedIndex = 0;
  @state() private audioDuration_s = 0;
  @state() private bars_s: readonly number[] = [];
  @state() private sources: BlendSources | null = null;

  override willUpdate(changed: PropertyValues<this>): void {
    const previous = changed.get('job');
    if (changed.has('job') && previous?.job_id !== this.job.job_id) this.select(0);
  }

  override render() {
    const piece = this.job.results[this.selectedIndex] ?? this.job.results[0];
    if (piece === undefined) return html`<p>The job finished without a result.</p>`;
    return html`
      ${this.job.results.length > 1 ? this.renderChoices() : nothing}
      <article>
        <header>
          <play-button wide file-id=${piece.file_id} label=${piece.title}></play-button>
          <h2>${piece.title}</h2>
        </header>
        ${renderGenerationInfo(piece)}
        <waveform-view
          file-id=${piece.file_id}
          label=${piece.title}
          @duration-change=${(event: CustomEvent<number>) => (this.audioDuration_s = event.detail)}
        ></waveform-view>
        ${this.renderSections(piece)}
        <stem-mixer file-id=${piece.file_id} label=${piece.title}></stem-mixer>
        <piano-roll
          file-id=${piece.file_id}
          label=${piece.title}
          .audioDuration_s=${this.audioDuration_s}
          .sources=${this.sources}
          @notes-load=${(event: CustomEvent<Notes>) => (this.bars_s = event.detail.bars_s)}
        ></piano-roll>
        <source-strip
          file-id=${piece.file_id}
          .parents=${resultParents(this.job, this.selectedIndex).map((parent) => parent.title)}
          .bars_s=${this.bars_s}
          @sources-change=${(event: CustomEvent<BlendSources | null>) => (this.sources = event.detail)}
        ></source-strip>
        <div class="actions">
          <download-links file-id=${piece.file_id} label=${piece.title}></download-links>
          <assign-buttons file-id=${piece.file_id} label=${piece.title}></assign-buttons>
        </div>
        <piece-notices file-id=${piece.file_id}></piece-notices>
        ${this.renderSettings()}
      </article>
      ${this.job.parents.length > 0 ? this.renderParents() : nothing}
    `;
  }

  /** As wide as the notes in the waveform above, which also shows the reverb tail. */
  private renderSections({ sections = [] }: JobOutput) {
    const notes_s = sections.at(-1)?.end_s ?? 0;
    const share = this.audioDuration_s > notes_s ? notes_s / this.audioDuration_s : 1;
    return sections.length < 2
      ? nothing
      : html`<section-strip
          style=${styleMap({ width: `${share * 100}%` })}
          label="Sections"
          .sections=${sections}
        ></section-strip>`;
  }

  private renderChoices() {
    return html`<fieldset class="choices">
      <legend>${formatCount(this.job.results.length, 'piece')}, each with its own seed</legend>
      ${this.job.results.map(
        (piece, index) =>
          html`<label>
            <input
              class="visually-hidden"
              type="radio"
              name="piece"
              .checked=${index === this.selectedIndex}
              @change=${() => this.select(index)}
            />
            <b>${index + 1}</b> ${piece.title}
          </label>`,
      )}
    </fieldset>`;
  }

  private select(index: number): void {
    this.selectedIndex = index;
    this.audioDuration_s = 0;
    this.bars_s = [];
    this.sources = null;
  }

  private renderParents() {
    return html`<section aria-labelledby="parents">
      <h3 id="parents">Parents</h3>
      <ul class="parents">
        ${resultParents(this.job, this.selectedIndex).map((parent, index) => this.renderParent(parent, index))}
      </ul>
    </section>`;
  }

  private renderParent(parent: JobOutput, index: number) {
    return html`<li class=${index === 0 ? 'a' : 'b'}>
      <play-button file-id=${parent.file_id} label=${parent.title}></play-button>
      <span class="title">${parent.title} ${renderGenerationInfo(parent)}</span>
      <download-links file-id=${parent.file_id} label=${parent.title}></download-links>
      <assign-buttons file-id=${parent.file_id} label=${parent.title}></assign-buttons>
    </li>`;
  }

  private renderSettings() {
    return html`<details>
      <summary>How it was made</summary>
      <dl>
        ${Object.entries(this.job.request)
          .filter(([name, value]) => !HIDDEN_SETTINGS.has(name) && value !== null)
          .map(
            ([name, value]) =>
              html`<div>
                <dt>${name.replaceAll('_', ' ')}</dt>
                <dd>${formatSetting(name, value)}</dd>
              </div>`,
          )}
      </dl>
    </details>`;
  }
}

/** The parameters of a generated piece, including those that the seed chose. */
function renderGenerationInfo({ made: info }: JobOutput) {
  return info ? html`<span class="generation">${describeGeneration(info).join(' · ')}</span>` : nothing;
}

/** Returns the parents of one result: a job with several hybrids has a pair of parents for each. */
export function resultParents(job: Job, result: number): readonly JobOutput[] {
  return job.results.length > 1 ? job.parents.slice(result * 2, result * 2 + 2) : job.parents;
}

declare global {
  interface HTMLElementTagNameMap {
    'job-result': JobResult;
  }
}
