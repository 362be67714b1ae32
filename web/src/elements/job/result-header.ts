import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Job, JobOutput } from '../../api/types';
import { describeGeneration, formatCount } from '../../music/format';
import { resultView } from '../../state/result-view';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { jobResultStyle } from './job-result-style';
import '../player/play-button';

/** The head of a result, above its roll: which of the job's pieces, play and title. Property: `job`. */
@customElement('result-header')
export class ResultHeader extends LitElement {
  static override readonly styles = [base, buttons, jobResultStyle];

  @property({ attribute: false }) job!: Job;

  constructor() {
    super();
    new StoreController(this, resultView);
  }

  override render() {
    const piece = resultView.piece(this.job);
    if (piece === undefined) return html`<p>The job finished without a result.</p>`;
    return html`
      ${this.job.results.length > 1 ? this.renderChoices() : nothing}
      <header>
        <play-button wide file-id=${piece.file_id} label=${piece.title}></play-button>
        <div>
          <h2>${piece.title}</h2>
          ${renderGenerationInfo(piece)}
        </div>
      </header>
    `;
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
              .checked=${index === resultView.selectedIndex}
              @change=${() => resultView.select(index)}
            />
            <b>${index + 1}</b> ${piece.title}
          </label>`,
      )}
    </fieldset>`;
  }
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
