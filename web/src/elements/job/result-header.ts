import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Job, JobOutput } from '../../api/types';
import { describeGeneration } from '../../music/format';
import { pieceFiles } from '../../state/piece-files';
import { resultView } from '../../state/result-view';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { factsText } from '../library/library-text';
import { jobResultStyle } from './job-result-style';
import '../player/play-button';

/** The head of a result, above its roll: which of the job's pieces, play, title and facts. Property: `job`. */
@customElement('result-header')
export class ResultHeader extends LitElement {
  static override readonly styles = [base, buttons, jobResultStyle];

  @property({ attribute: false }) job!: Job;

  constructor() {
    super();
    new StoreController(this, resultView, pieceFiles);
  }

  override render() {
    const piece = resultView.piece(this.job);
    if (piece === undefined) return html`<p>${msg('The job finished without a result.')}</p>`;
    const title = currentTitle(piece);
    return html`
      ${this.job.results.length > 1 ? this.renderChoices() : nothing}
      <header>
        <play-button wide file-id=${piece.file_id} label=${title}></play-button>
        <div>
          <h2>${title}</h2>
          ${renderFacts(piece)}
        </div>
      </header>
    `;
  }

  private renderChoices() {
    return html`<fieldset class="choices">
      <legend>${msg(str`${this.job.results.length} pieces, each with its own seed`)}</legend>
      ${this.job.results.map(
        (piece, index) =>
          html`<label>
            <input
              class="visually-hidden"
              type="radio"
              name="piece"
              .checked=${index === resultView.selectedIndex}
              @change=${() => resultView.select(index)}
            />
            <b>${index + 1}</b> ${currentTitle(piece)}
          </label>`,
      )}
    </fieldset>`;
  }
}

/** Returns the title of a piece, which may have been renamed since its job. */
export function currentTitle(piece: JobOutput): string {
  return pieceFiles.get(piece.file_id)?.title ?? piece.title;
}

/** Key, tempo, meter, bars and length in one line. */
function renderFacts(piece: JobOutput) {
  const summary = pieceFiles.get(piece.file_id)?.summary;
  if (summary == null) return renderGenerationInfo(piece);
  return html`<span class="generation">${factsText({ ...summary, key: summary.key?.name ?? null })}</span>`;
}

/** The parameters of a generated piece, including those that the seed chose. */
export function renderGenerationInfo({ made: info }: JobOutput) {
  return info ? html`<span class="generation">${describeGeneration(info).join(' · ')}</span>` : nothing;
}

declare global {
  interface HTMLElementTagNameMap {
    'result-header': ResultHeader;
  }
}
