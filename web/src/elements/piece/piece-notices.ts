import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Notice, PieceFile } from '../../api/types';
import { pieceFiles } from '../../state/piece-files';
import { requestBar } from '../../state/seek-bar';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';

/**
 * The notices of a created piece: what was cut, converted or estimated, in which piece, and in which bars.
 *
 * A click on the bars plays them. Attribute: `file-id`.
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
        overflow-wrap: anywhere;
      }
      .message {
        color: var(--ink-soft);
      }
      button {
        min-height: 1.9rem;
        padding: 0.15rem 0.6rem;
        font-size: 0.875rem;
        font-variant-numeric: tabular-nums;
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
    return html`<span class="piece">${piece}</span> ${this.renderBars(notice, piece)}
      <span class="message">${message}</span>`;
  }

  private renderBars(notice: Notice, title: string) {
    const { first_bar: first } = notice;
    const fileId = notice.file_id ?? this.fileId;
    if (first == null || fileId === '') return nothing;
    const last = notice.last_bar ?? first;
    const text = last === first ? msg(str`Bar ${first + 1}`) : msg(str`Bars ${first + 1} to ${last + 1}`);
    return html`<button
      type="button"
      aria-label=${msg(str`Play ${title} from bar ${first + 1}`)}
      @click=${() => requestBar(this, { fileId, title, bar: first })}
    >
      ${text}
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'piece-notices': PieceNotices;
  }
}
