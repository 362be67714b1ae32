import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { base, buttons } from '../../style/controls';
import { shareIcon } from '../common/icons';
import type { ShareDialog } from './share-dialog';

/** A button that opens the dialog by which a piece is shared. Attributes: `file-id`, `label`; `icon`, without a text. */
@customElement('share-button')
export class ShareButton extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: inline-flex;
      }
      button {
        min-height: 2.25rem;
        padding: 0.3rem 0.75rem;
        font-size: 0.9375rem;
      }
      .icon-only {
        width: 2.75rem;
        height: 2.75rem;
        padding: 0;
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';
  @property({ type: Boolean }) icon = false;
  @state() private isOpen = false;
  @query('share-dialog') private readonly dialog!: ShareDialog | null;

  override render() {
    return html`<button
        class=${this.icon ? 'quiet icon-only' : ''}
        type="button"
        title=${this.icon ? msg('Share') : nothing}
        aria-haspopup="dialog"
        aria-label=${msg(str`Share: ${this.label}`)}
        @click=${() => void this.open()}
      >
        ${this.icon ? shareIcon : msg('Share')}
      </button>
      ${
        this.isOpen
          ? html`<share-dialog
              file-id=${this.fileId}
              label=${this.label}
              @close=${() => (this.isOpen = false)}
            ></share-dialog>`
          : nothing
      }`;
  }

  private async open(): Promise<void> {
    // Most visitors never share: the dialog is loaded when it is opened first.
    await import('./share-dialog');
    this.isOpen = true;
    await this.updateComplete;
    this.dialog?.show();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'share-button': ShareButton;
  }
}
