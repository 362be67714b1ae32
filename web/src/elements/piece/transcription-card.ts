import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { downloadUrl } from '../../api/client';
import type { PieceFile, Transcription } from '../../api/contract';
import { base, buttons } from '../../style/controls';
import { downloadIcon } from '../common/icons';
import '../piano-roll/piano-roll';
import '../player/play-button';

/** What was written down from a recording: to hear, to see, to save. Properties: `file`, `transcription`. */
@customElement('transcription-card')
export class TranscriptionCard extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 0.6rem;
        min-width: 0;
      }
      .row {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 0.5rem 0.75rem;
        align-items: center;
        background: var(--well);
        padding: 0.6rem 0.75rem;
        border-radius: var(--radius);
        line-height: 1.35;
      }
      .row b {
        display: block;
      }
      .row .soft {
        font-size: 0.875rem;
      }
      summary {
        cursor: pointer;
        min-height: 1.75rem;
      }
      .button {
        min-height: 2.25rem;
        padding: 0.35rem 0.7rem;
        font-size: 0.9375rem;
      }
      @media (max-width: 26rem) {
        .row .button {
          grid-column: 2 / -1;
          justify-self: start;
        }
      }
    `,
  ];

  @property({ attribute: false }) file!: PieceFile;
  @property({ attribute: false }) transcription!: Transcription;
  /** The roll is made when somebody looks. */
  @state() private isOpen = false;

  override render() {
    const { file_id, confidence } = this.transcription;
    const name = `the notes of ${this.file.name}`;
    return html`<div class="row">
        <play-button file-id=${file_id} label=${name}></play-button>
        <span>
          <b>Written down as notes</b>
          <span class="soft">About ${Math.round(confidence * 100)} % of them should be right. Listen and compare.</span>
        </span>
        <a class="button" href=${downloadUrl(file_id, 'mid')} download aria-label="Download ${name} as MIDI">
          ${downloadIcon}MIDI
        </a>
      </div>
      <details @toggle=${(event: Event) => (this.isOpen = (event.target as HTMLDetailsElement).open)}>
        <summary>See the notes</summary>
        ${this.isOpen ? html`<piano-roll file-id=${file_id} label=${name}></piano-roll>` : nothing}
      </details>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'transcription-card': TranscriptionCard;
  }
}
