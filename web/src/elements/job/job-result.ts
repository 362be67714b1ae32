import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job, JobOutput } from '../../api/contract';
import { describeGeneration } from '../../music/format';
import { formatCount } from '../../music/time';
import { base, buttons } from '../../style/controls';
import { jobResultStyle } from './job-result-style';
import { formatSetting } from '../common/setting-label';
import '../common/download-links';
import '../piano-roll/piano-roll';
import '../piece/piece-notices';
import '../player/play-button';
import '../piece/section-strip';
import '../player/stem-mixer';
import '../common/assign-buttons';
import '../player/waveform-view';

/** Ids, which the parents below say better. */
const HIDDEN_SETTINGS = new Set(['file_ids', 'recordings']);

/** What a job made: its pieces, one of them opened, and its parents. Property: `job`, a succeeded one. */
@customElement('job-result')
export class JobResult extends LitElement {
  static override readonly styles = [base, buttons, jobResultStyle];

  @property({ attribute: false }) job!: Job;
  @state() private selectedIndex = 0;
  @state() private audioDuration_s = 0;

  override willUpdate(changed: PropertyValues<this>): void {
    const previous = changed.get('job');
    if (changed.has('job') && previous?.job_id !== this.job.job_id) this.select(0);
  }

  override render() {
    const piece = this.job.results[this.selectedIndex] ?? this.job.results[0];
    if (piece === undefined) return html`<p>The job ended without a piece.</p>`;
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
        <piano-roll file-id=${piece.file_id} label=${piece.title} .audioDuration_s=${this.audioDuration_s}></piano-roll>
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

  /** As wide as the notes are long: the waveform above it shows the last echo too. */
  private renderSections({ sections = [] }: JobOutput) {
    const notes_s = sections.at(-1)?.end_s ?? 0;
    const share = this.audioDuration_s > notes_s ? notes_s / this.audioDuration_s : 1;
    return sections.length < 2
      ? nothing
      : html`<section-strip
          style=${styleMap({ width: `${share * 100}%` })}
          label="Its sections"
          .sections=${sections}
        ></section-strip>`;
  }

  private renderChoices() {
    return html`<fieldset class="choices">
      <legend>${formatCount(this.job.results.length, 'piece')}, each from a seed of its own</legend>
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
  }

  private renderParents() {
    return html`<section aria-labelledby="parents">
      <h3 id="parents">Its parents</h3>
      <ul class="parents">
        ${resultParents(this.job, this.selectedIndex).map((renderParent, index) => this.renderParent(renderParent, index))}
      </ul>
    </section>`;
  }

  private renderParent(renderParent: JobOutput, index: number) {
    return html`<li class=${index === 0 ? 'a' : 'b'}>
      <play-button file-id=${renderParent.file_id} label=${renderParent.title}></play-button>
      <span class="title">${renderParent.title} ${renderGenerationInfo(renderParent)}</span>
      <download-links file-id=${renderParent.file_id} label=${renderParent.title}></download-links>
      <assign-buttons file-id=${renderParent.file_id} label=${renderParent.title}></assign-buttons>
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
                <dd>${formatSetting(value)}</dd>
              </div>`,
          )}
      </dl>
    </details>`;
  }
}

/** What a generated piece was made with, what was drawn for it too. */
function renderGenerationInfo({ made: info }: JobOutput) {
  return info ? html`<span class="made">${describeGeneration(info).join(' · ')}</span>` : nothing;
}

/** The two parents of one result: a hybrid of several has a pair for each. */
export function resultParents(job: Job, result: number): readonly JobOutput[] {
  return job.results.length > 1 ? job.parents.slice(result * 2, result * 2 + 2) : job.parents;
}

declare global {
  interface HTMLElementTagNameMap {
    'job-result': JobResult;
  }
}
