import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job, JobOutput } from '../../api/types';
import type { BlendSources } from '../../music/blend-sources';
import { formatSetting } from '../../music/format';
import { resultView } from '../../state/result-view';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { jobResultStyle } from './job-result-style';
import { renderGenerationInfo } from './result-header';
import '../common/download-links';
import '../piece/piece-notices';
import '../player/play-button';
import '../piece/section-strip';
import '../common/assign-buttons';
import '../player/waveform-view';
import './source-strip';

/** File ids: the list of parents shows their titles. */
const HIDDEN_SETTINGS = new Set(['file_ids', 'recordings']);

/** A finished job's piece below its roll: where it came from, downloads and parents. Property: `job`. */
@customElement('job-result')
export class JobResult extends LitElement {
  static override readonly styles = [base, buttons, jobResultStyle];

  @property({ attribute: false }) job!: Job;

  constructor() {
    super();
    new StoreController(this, resultView);
  }

  override render() {
    const piece = resultView.piece(this.job);
    if (piece === undefined) return nothing;
    return html`
      <article>
        <waveform-view
          file-id=${piece.file_id}
          label=${piece.title}
          @duration-change=${(event: CustomEvent<number>) => resultView.set({ audioDuration_s: event.detail })}
        ></waveform-view>
        ${this.renderSections(piece)}
        <source-strip
          file-id=${piece.file_id}
          .parents=${resultParents(this.job, resultView.selectedIndex).map((parent) => parent.title)}
          .bars_s=${resultView.bars_s}
          @sources-change=${(event: CustomEvent<BlendSources | null>) => resultView.set({ sources: event.detail })}
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
    const share = resultView.audioDuration_s > notes_s ? notes_s / resultView.audioDuration_s : 1;
    return sections.length < 2
      ? nothing
      : html`<section-strip
          style=${styleMap({ width: `${share * 100}%` })}
          label="Sections"
          .sections=${sections}
        ></section-strip>`;
  }

  private renderParents() {
    return html`<section aria-labelledby="parents">
      <h3 id="parents">Parents</h3>
      <ul class="parents">
        ${resultParents(this.job, resultView.selectedIndex).map((parent, index) => this.renderParent(parent, index))}
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

/** Returns the parents of one result: a job with several hybrids has a pair of parents for each. */
export function resultParents(job: Job, result: number): readonly JobOutput[] {
  return job.results.length > 1 ? job.parents.slice(result * 2, result * 2 + 2) : job.parents;
}

declare global {
  interface HTMLElementTagNameMap {
    'job-result': JobResult;
  }
}
