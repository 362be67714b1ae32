import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import { downloadUrl } from '../../api/client';
import { claimFile } from '../../api/library';
import type { Job, JobOutput } from '../../api/types';
import type { BlendSources } from '../../music/blends/blend-sources';
import { pieceFiles } from '../../state/piece-files';
import { resultView } from '../../state/result-view';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { jobResultStyle } from './job-result-style';
import { expiryText } from '../library/library-text';
import { currentTitle, renderGenerationInfo } from './result-header';
import '../common/download-links';
import '../piece/piece-notices';
import '../player/play-button';
import '../piece/section-strip';
import '../common/assign-buttons';
import '../player/waveform-view';
import '../share/share-button';
import './job-settings';
import './source-strip';

/**
 * A finished job's piece below its roll: where it came from, downloads and parents.
 *
 * Property: `job`. Slot `actions`: more that can be done with the piece.
 */
@customElement('job-result')
export class JobResult extends LitElement {
  static override readonly styles = [base, buttons, jobResultStyle];

  @property({ attribute: false }) job!: Job;

  constructor() {
    super();
    new StoreController(this, resultView, pieceFiles);
  }

  override render() {
    const piece = resultView.piece(this.job);
    if (piece === undefined) return nothing;
    const title = currentTitle(piece);
    const parents = resultParents(this.job, resultView.selectedIndex);
    return html`
      <article>
        ${this.renderClaim(piece)}
        <waveform-view
          file-id=${piece.file_id}
          label=${title}
          @duration-change=${(event: CustomEvent<number>) => resultView.set({ audioDuration_s: event.detail })}
        ></waveform-view>
        ${this.renderSections(piece)}
        <div class="actions">
          <download-links file-id=${piece.file_id} label=${title}></download-links>
          <span class="group">
            <assign-buttons file-id=${piece.file_id} label=${title}></assign-buttons>
            <share-button file-id=${piece.file_id} label=${title}></share-button>
            <slot name="actions"></slot>
          </span>
        </div>
        <job-settings .job=${this.job} .piece=${piece} .parents=${parents}></job-settings>
        <piece-notices file-id=${piece.file_id}></piece-notices>
        <source-strip
          file-id=${piece.file_id}
          .parents=${parents.map((parent) => parent.title)}
          .bars_s=${resultView.bars_s}
          @sources-change=${(event: CustomEvent<BlendSources | null>) => resultView.set({ sources: event.detail })}
        ></source-strip>
      </article>
      ${parents.length > 0 ? renderParents(parents) : nothing}
    `;
  }

  /** Offers to take a piece that belongs to nobody into the library. */
  private renderClaim({ file_id }: JobOutput) {
    const file = pieceFiles.get(file_id);
    if (file?.owner !== 'nobody') return nothing;
    return html`<p class="claim">
      <span
        >${msg(str`This piece is in nobody's library: it ${expiryText({ expires_at: file.expires_at ?? null })}.`)}</span
      >
      <button type="button" @click=${() => void claimFile(file_id)}>${msg('Add to my library')}</button>
    </p>`;
  }

  /** As wide as the notes in the waveform above, which also shows the reverb tail. */
  private renderSections({ sections = [] }: JobOutput) {
    const notes_s = sections.at(-1)?.end_s ?? 0;
    const share = resultView.audioDuration_s > notes_s ? notes_s / resultView.audioDuration_s : 1;
    return sections.length < 2
      ? nothing
      : html`<section-strip
          style=${styleMap({ width: `${share * 100}%` })}
          label=${msg('Sections')}
          .sections=${sections}
        ></section-strip>`;
  }
}

function renderParents(parents: readonly JobOutput[]) {
  return html`<section aria-labelledby="parents">
    <h3 id="parents">${msg('Parents')}</h3>
    <ul class="parents">
      ${parents.map((parent, index) => renderParent(parent, index))}
    </ul>
  </section>`;
}

/** A parent in one quiet line: the downloads that stand out are the result's own. */
function renderParent(parent: JobOutput, index: number) {
  const title = currentTitle(parent);
  return html`<li class=${index === 0 ? 'a' : 'b'}>
    <play-button file-id=${parent.file_id} label=${title}></play-button>
    <span class="title">${title} ${renderGenerationInfo(parent)}</span>
    <span class="links">
      <a href=${downloadUrl(parent.file_id, 'mid')} download aria-label=${msg(str`Download MIDI of ${title}`)}>MIDI</a>
      <a href="/library?family=${parent.file_id}" aria-label=${msg(str`Family of ${title}`)}>${msg('Family')}</a>
    </span>
    <assign-buttons file-id=${parent.file_id} label=${title}></assign-buttons>
  </li>`;
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
