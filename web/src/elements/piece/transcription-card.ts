import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { downloadUrl } from '../../api/client';
import type { PieceFile, Transcription } from '../../api/types';
import { formatPercent } from '../../music/format';
import { base, buttons } from '../../style/controls';
import { downloadIcon } from '../common/icons';
import '../piano-roll/piano-roll';
import '../player/play-button';

/** The transcription of a recording: play, show and download its notes. Properties: `file`, `transcription`. */
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
  /** The piano roll is rendered on demand. */
  @state() private isOpen = false;

  override render() {
    const { file_id, confidence } = this.transcription;
    const name = msg(str`the transcription of ${this.file.name}`);
    return html`<div class="row">
        <play-button file-id=${file_id} label=${name}></play-button>
        <span>
          <b>${msg('Transcribed to notes')}</b>
          <span class="soft"
            >${msg(str`About ${formatPercent(confidence)} of the notes should be correct. Listen and compare.`)}</span
          >
        </span>
        <a class="button" href=${downloadUrl(file_id, 'mid')} download aria-label=${msg(str`Download ${name} as MIDI`)}>
          ${downloadIcon}MIDI
        </a>
      </div>
      <details @toggle=${(event: Event) => (this.isOpen = (event.target as HTMLDetailsElement).open)}>
        <summary>${msg('Show the notes')}</summary>
        ${this.isOpen ? html`<piano-roll file-id=${file_id} label=${name}></piano-roll>` : nothing}
      </details>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'transcription-card': TranscriptionCard;
  }
}
