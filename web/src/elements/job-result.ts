import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job, TitledFile } from '../api/contract';
import { madeWords } from '../music/made';
import { count } from '../music/time';
import { base, buttons } from '../style/controls';
import { resultStyle } from './job-result-style';
import { settingLabel } from './setting-label';
import './download-links';
import './piano-roll';
import './piece-notices';
import './play-button';
import './section-strip';
import './stem-mixer';
import './use-buttons';
import './wave-form';

/** Ids, which the parents below say better. */
const HIDDEN = new Set(['file_ids', 'recordings']);

/** What a job made: its pieces, one of them opened, and its parents. Property: `job`, a succeeded one. */
@customElement('job-result')
export class JobResult extends LitElement {
  static override readonly styles = [base, buttons, resultStyle];

  @property({ attribute: false }) job!: Job;
  @state() private chosen = 0;
  @state() private sound_s = 0;

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('job');
    if (changed.has('job') && before?.job_id !== this.job.job_id) this.choose(0);
  }

  override render() {
    const piece = this.job.results[this.chosen] ?? this.job.results[0];
    if (piece === undefined) return html`<p>The job ended without a piece.</p>`;
    return html`
      ${this.job.results.length > 1 ? this.choices() : nothing}
      <article>
        <header>
          <play-button wide file-id=${piece.file_id} label=${piece.title}></play-button>
          <h2>${piece.title}</h2>
        </header>
        ${madeLine(piece)}
        <wave-form
          file-id=${piece.file_id}
          label=${piece.title}
          @length=${(event: CustomEvent<number>) => (this.sound_s = event.detail)}
        ></wave-form>
        ${this.form(piece)}
        <stem-mixer file-id=${piece.file_id} label=${piece.title}></stem-mixer>
        <piano-roll file-id=${piece.file_id} label=${piece.title} .sound_s=${this.sound_s}></piano-roll>
        <div class="actions">
          <download-links file-id=${piece.file_id} label=${piece.title}></download-links>
          <use-buttons file-id=${piece.file_id} label=${piece.title}></use-buttons>
        </div>
        <piece-notices file-id=${piece.file_id}></piece-notices>
        ${this.settings()}
      </article>
      ${this.job.parents.length > 0 ? this.parents() : nothing}
    `;
  }

  /** As wide as the notes are long: the waveform above it shows the last echo too. */
  private form({ sections = [] }: TitledFile) {
    const notes_s = sections.at(-1)?.end_s ?? 0;
    const share = this.sound_s > notes_s ? notes_s / this.sound_s : 1;
    return sections.length < 2
      ? nothing
      : html`<section-strip
          style=${styleMap({ width: `${share * 100}%` })}
          label="Its sections"
          .sections=${sections}
        ></section-strip>`;
  }

  private choices() {
    return html`<fieldset class="choices">
      <legend>${count(this.job.results.length, 'piece')}, each from a seed of its own</legend>
      ${this.job.results.map(
        (piece, index) =>
          html`<label>
            <input
              class="visually-hidden"
              type="radio"
              name="piece"
              .checked=${index === this.chosen}
              @change=${() => this.choose(index)}
            />
            <b>${index + 1}</b> ${piece.title}
          </label>`,
      )}
    </fieldset>`;
  }

  private choose(index: number): void {
    this.chosen = index;
    this.sound_s = 0;
  }

  private parents() {
    return html`<section aria-labelledby="parents">
      <h3 id="parents">Its parents</h3>
      <ul class="parents">
        ${parentsOf(this.job, this.chosen).map((parent, index) => this.parent(parent, index))}
      </ul>
    </section>`;
  }

  private parent(parent: TitledFile, index: number) {
    return html`<li class=${index === 0 ? 'a' : 'b'}>
      <play-button file-id=${parent.file_id} label=${parent.title}></play-button>
      <span class="title">${parent.title} ${madeLine(parent)}</span>
      <download-links file-id=${parent.file_id} label=${parent.title}></download-links>
      <use-buttons file-id=${parent.file_id} label=${parent.title}></use-buttons>
    </li>`;
  }

  private settings() {
    return html`<details>
      <summary>How it was made</summary>
      <dl>
        ${Object.entries(this.job.request)
          .filter(([name, value]) => !HIDDEN.has(name) && value !== null)
          .map(
            ([name, value]) =>
              html`<div>
                <dt>${name.replaceAll('_', ' ')}</dt>
                <dd>${settingLabel(value)}</dd>
              </div>`,
          )}
      </dl>
    </details>`;
  }
}

/** What a generated piece was made with, what was drawn for it too. */
function madeLine({ made }: TitledFile) {
  return made ? html`<span class="made">${madeWords(made).join(' · ')}</span>` : nothing;
}

/** The two parents of one result: a hybrid of several has a pair for each. */
export function parentsOf(job: Job, result: number): readonly TitledFile[] {
  return job.results.length > 1 ? job.parents.slice(result * 2, result * 2 + 2) : job.parents;
}

declare global {
  interface HTMLElementTagNameMap {
    'job-result': JobResult;
  }
}
