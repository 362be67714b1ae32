import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Notice, PieceFile } from '../../api/types';
import { pieceFiles } from '../../state/piece-files';
import { requestBar } from '../../state/playback/seek-bar';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { playIcon } from '../common/icons';

/**
 * The notices of a created piece: what was cut, converted or estimated, in which piece, and in which bars.
 *
 * A click plays the piece from there. Attribute: `file-id`.
 */
@customElement('piece-notices')
export class PieceNotices extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: block;
      }
      summary {
        cursor: pointer;
        min-height: 1.75rem;
      }
      ul {
        list-style: none;
        margin: 0.5rem 0 0;
        padding: 0;
        display: grid;
        gap: 0.6rem;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0.2rem 0.6rem;
        line-height: 1.45;
      }
      .piece {
        font-weight: 600;
      }
      .message {
        color: var(--ink-soft);
      }
      button {
        min-height: 1.9rem;
        padding: 0.2rem 0.6rem;
        font-size: 0.9375rem;
        text-align: start;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';

  constructor() {
    super();
    new StoreController(this, pieceFiles);
  }

  override render() {
    const file = pieceFiles.get(this.fileId);
    const notices = file?.notices ?? [];
    if (file === null || notices.length === 0) return nothing;
    return html`<details>
      <summary>${msg('What changed')} (${notices.length})</summary>
      <ul>
        ${notices.map((notice) => html`<li>${this.renderNotice(notice, file)}</li>`)}
      </ul>
    </details>`;
  }

  private renderNotice(notice: Notice, file: PieceFile) {
    const piece = notice.piece ?? file.title;
    // The API begins the message with the piece, which is shown by itself here.
    const message = notice.piece === undefined ? notice.message : notice.message.replace(`${notice.piece}: `, '');
    const first = notice.first_bar ?? 0;
    const fileId = notice.file_id ?? this.fileId;
    const name = [piece, barText(notice)].filter(Boolean).join(', ');
    // The API hides the id of a piece that belongs to somebody else.
    if (fileId === '') return html`<span class="piece">${name}</span> <span class="message">${message}</span>`;
    return html`<button
        type="button"
        aria-label=${msg(str`Play ${piece} from bar ${first + 1}`)}
        @click=${() => requestBar(this, { fileId, title: piece, bar: first })}
      >
        ${playIcon} ${name}
      </button>
      <span class="message">${message}</span>`;
  }
}

function barText({ first_bar: first, last_bar: last }: Notice): string {
  if (first == null) return '';
  return last == null || last === first ? msg(str`bar ${first + 1}`) : msg(str`bars ${first + 1} to ${last + 1}`);
}

declare global {
  interface HTMLElementTagNameMap {
    'piece-notices': PieceNotices;
  }
}
