import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { toProblem } from '../../api/problem';
import { createShare, endShare, getShares } from '../../api/shares';
import type { Problem, Share } from '../../api/types';
import { base, buttons, fields } from '../../style/controls';
import '../common/error-message';
import { shareDialogStyle } from './share-dialog-style';
import './share-link';

/** Days after which a link ends; null for a link that lasts until somebody ends it. */
const DURATIONS: readonly (readonly [days: number | null, name: () => string])[] = [
  [null, () => msg('Until I end it')],
  [1, () => msg('1 day')],
  [7, () => msg('7 days')],
  [30, () => msg('30 days')],
  [365, () => msg('1 year')],
];

/** The links to a piece: makes one, shows those that there are, and ends them. Attributes: `file-id`, `label`. */
@customElement('share-dialog')
export class ShareDialog extends LitElement {
  static override readonly styles = [base, buttons, fields, shareDialogStyle];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';
  /** Null until they are loaded. */
  @state() private shares: readonly Share[] | null = null;
  @state() private problem: Problem | null = null;
  @state() private isBusy = false;
  @state() private isPublished = false;
  @state() private days: number | null = null;
  @state() private announcement = '';
  @query('dialog') private readonly dialog!: HTMLDialogElement;

  show(): void {
    this.dialog.showModal();
    void this.load();
  }

  override render() {
    return html`<dialog aria-labelledby="heading" @close=${this.onClose} @click=${this.onBackdrop}>
      <div class="content">
        <header>
          <h2 id="heading">${msg(str`Share ${this.label}`)}</h2>
          <button class="quiet" type="button" aria-label=${msg('Close')} @click=${() => this.dialog.close()}>✕</button>
        </header>
        <p class="soft">
          ${msg('Anyone who has the link can play, download and remix the piece. Nobody can guess the link.')}
        </p>
        <error-message .problem=${this.problem}></error-message>
        ${this.renderForm()} ${this.renderShares()}
        <p class="visually-hidden" role="status">${this.announcement}</p>
      </div>
    </dialog>`;
  }

  private renderForm() {
    return html`<form @submit=${this.onSubmit}>
      <div class="field">
        <label for="days">${msg('The link lasts')}</label>
        <select id="days" @change=${this.onDays}>
          ${DURATIONS.map(([days, name]) => html`<option value=${days ?? ''}>${name()}</option>`)}
        </select>
      </div>
      <label class="check">
        <input
          type="checkbox"
          .checked=${this.isPublished}
          @change=${(event: Event) => (this.isPublished = (event.target as HTMLInputElement).checked)}
        />
        ${msg('Show it in the gallery too, for everybody')}
      </label>
      <button class="primary" type="submit" aria-disabled=${this.isBusy}>${msg('Make a link')}</button>
    </form>`;
  }

  private renderShares() {
    if (this.shares === null || this.shares.length === 0) return nothing;
    return html`<h3>${msg('Links')}</h3>
      <ul>
        ${repeat(
          this.shares,
          (share) => share.slug,
          (share) =>
            html`<li>
              <share-link .share=${share} label=${this.label} @share-end=${() => void this.end(share)}></share-link>
            </li>`,
        )}
      </ul>`;
  }

  private readonly onDays = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    this.days = value === '' ? null : Number(value);
  };

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    if (!this.isBusy) void this.create();
  };

  private async load(): Promise<void> {
    try {
      this.shares = await getShares(this.fileId);
      this.problem = null;
    } catch (error) {
      this.problem = toProblem(error);
    }
  }

  private async create(): Promise<void> {
    this.isBusy = true;
    try {
      const share = await createShare(this.fileId, this.days, this.isPublished);
      this.shares = [share, ...(this.shares ?? [])];
      this.problem = null;
      this.announcement = msg('The link is ready.');
    } catch (error) {
      this.problem = toProblem(error);
    }
    this.isBusy = false;
  }

  private async end(share: Share): Promise<void> {
    try {
      await endShare(share);
      this.shares = this.shares?.filter((other) => other.slug !== share.slug) ?? null;
      this.problem = null;
      this.announcement = msg('The link has ended.');
    } catch (error) {
      this.problem = toProblem(error);
    }
  }

  private readonly onClose = (): void => {
    this.dispatchEvent(new Event('close'));
  };

  /** A click beside the content closes the dialog. */
  private readonly onBackdrop = (event: MouseEvent): void => {
    if (event.target === this.dialog) this.dialog.close();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'share-dialog': ShareDialog;
  }
}
