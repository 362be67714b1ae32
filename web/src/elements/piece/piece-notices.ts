import { LitElement, css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { getFile } from '../../api/client';
import type { Notice } from '../../api/types';
import { formatCount } from '../../music/format';
import { base } from '../../style/controls';

/** The notices of a created piece: what was cut, converted or estimated. Attribute: `file-id`. */
@customElement('piece-notices')
export class PieceNotices extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
      }
      summary {
        cursor: pointer;
        min-height: 1.75rem;
      }
      ul {
        margin: 0.3rem 0 0;
        padding-inline-start: 1.2rem;
        color: var(--ink-soft);
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';
  @state() private notices: readonly Notice[] = [];

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('fileId')) void this.load(this.fileId);
  }

  override render() {
    if (this.notices.length === 0) return nothing;
    return html`<details>
      <summary>${formatCount(this.notices.length, 'remark')} on this result</summary>
      <ul>
        ${this.notices.map((notice) => html`<li>${notice.message}</li>`)}
      </ul>
    </details>`;
  }

  private async load(fileId: string): Promise<void> {
    this.notices = [];
    // For a piece that no longer exists, the player shows the problem.
    const file = await getFile(fileId).catch(() => null);
    if (fileId === this.fileId) this.notices = file?.notices ?? [];
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'piece-notices': PieceNotices;
  }
}
