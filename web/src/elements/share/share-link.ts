import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Share } from '../../api/types';
import { currentLocale } from '../../locale/locale';
import { base, buttons, fields } from '../../style/controls';

type Copied = 'link' | 'code';

/** One link to a piece: copied, shown as a QR code, embedded or ended. Property: `share`. Event: `share-end`. */
@customElement('share-link')
export class ShareLink extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: grid;
        gap: 0.6rem;
        border: 1.5px solid var(--line);
        border-radius: var(--radius);
        background: var(--sheet);
        padding: 0.8rem;
        min-width: 0;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        align-items: center;
      }
      .row input {
        flex: 1 1 12rem;
      }
      textarea {
        font:
          0.875rem/1.4 ui-monospace,
          monospace;
        color: inherit;
        background: var(--paper);
        border: 1.5px solid var(--edge);
        border-radius: var(--radius);
        width: 100%;
        min-height: 5.5rem;
        padding: 0.5rem;
        resize: vertical;
      }
      img {
        width: 12rem;
        height: 12rem;
        background: #fff;
        display: block;
        margin-block: 0.5rem;
      }
      summary {
        cursor: pointer;
        font-weight: 600;
        padding-block: 0.3rem;
      }
      .ending {
        color: var(--wrong);
        border-color: var(--wrong);
      }
    `,
  ];

  @property({ attribute: false }) share!: Share;
  @property() label = '';
  @state() private copied: Copied | null = null;
  /** Why a text was not copied; empty where there is no need to say so. */
  @state() private notice = '';
  /** Ending a link cannot be undone: whoever has it loses it. It takes two clicks. */
  @state() private isEnding = false;

  override render() {
    const { share } = this;
    return html`<div class="row">
        <input id="link" readonly aria-label=${msg('Link')} .value=${share.url} @focus=${selectAll} />
        <button type="button" @click=${() => void this.copy('link')}>
          ${this.copied === 'link' ? msg('Copied') : msg('Copy link')}
        </button>
        <a class="button" href=${share.url} target="_blank" rel="noopener">${msg('Open')}</a>
      </div>
      ${this.notice === '' ? nothing : html`<p role="status">${this.notice}</p>`}
      <p class="soft">${this.describe()}</p>
      <details>
        <summary>${msg('QR code')}</summary>
        <img src="/p/${share.slug}/qr.svg" alt=${msg(str`QR code of the link to ${this.label}`)} loading="lazy" />
      </details>
      <details>
        <summary>${msg('Embed it in a page')}</summary>
        <textarea id="code" readonly aria-label=${msg('Code to embed')} .value=${this.embedCode} @focus=${selectAll}>
        </textarea>
        <button type="button" @click=${() => void this.copy('code')}>
          ${this.copied === 'code' ? msg('Copied') : msg('Copy code')}
        </button>
      </details>
      <div class="row">
        ${
          this.isEnding
            ? html`<span>${msg('Whoever has this link can no longer open it.')}</span>
                <button class="ending" type="button" @click=${this.end}>${msg('End it now')}</button>
                <button class="quiet" type="button" @click=${() => (this.isEnding = false)}>${msg('Keep it')}</button>`
            : html`<button type="button" @click=${() => (this.isEnding = true)}>${msg('End this link')}</button>`
        }
      </div>
      <p class="visually-hidden" role="status">${this.copied === null ? nothing : msg('Copied')}</p>`;
  }

  private get embedCode(): string {
    const { origin } = new URL(this.share.url);
    return (
      `<script src="${origin}/p/segue-player.js" async></script>\n` +
      `<segue-player src="${this.share.url}"></segue-player>`
    );
  }

  private describe(): string {
    const { expires_at, published } = this.share;
    const date = expires_at && new Date(expires_at).toLocaleDateString(currentLocale(), { dateStyle: 'long' });
    const end = date ? msg(str`Ends on ${date}.`) : msg('Lasts until you end it.');
    return published ? `${end} ${msg('In the gallery.')}` : end;
  }

  private async copy(kind: Copied): Promise<void> {
    const field = this.renderRoot.querySelector<HTMLInputElement>(`#${kind}`);
    if (field === null) return;
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // A page that is not served over https may not use the clipboard: the text is selected, to be copied by hand.
      field.focus();
      field.select();
      this.notice = msg('The text is selected: copy it with Ctrl+C or ⌘C.');
      return;
    }
    this.notice = '';
    this.copied = kind;
  }

  private readonly end = (): void => {
    this.isEnding = false;
    this.dispatchEvent(new Event('share-end'));
  };
}

function selectAll(event: Event): void {
  (event.target as HTMLInputElement).select();
}

declare global {
  interface HTMLElementTagNameMap {
    'share-link': ShareLink;
  }
}
