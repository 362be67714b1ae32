import { msg } from '@lit/localize';
import { css, html } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import * as api from '../../api/accounts';
import { account } from '../../state/account';
import { base, buttons } from '../../style/controls';
import '../common/error-message';
import { accountStyle } from './account-style';
import { AccountTask } from './account-task';

/** What a person may do with all that is stored: download it, or erase it. */
@customElement('own-data')
export class OwnData extends AccountTask {
  static override readonly styles = [
    base,
    buttons,
    accountStyle,
    css`
      p {
        max-width: 38rem;
        margin-bottom: 0.9rem;
      }
      dialog {
        color: inherit;
        background: var(--sheet);
        border: 1.5px solid var(--edge);
        border-radius: var(--radius);
        padding: 1.4rem;
        max-width: min(30rem, calc(100vw - 2rem));
      }
      dialog::backdrop {
        background: rgb(10 12 22 / 60%);
      }
    `,
  ];

  @query('dialog') private readonly dialog!: HTMLDialogElement;

  override render() {
    return html`<h2>${msg('Your data')}</h2>
      <p>
        ${msg('Download a zip file with every piece and recording, and a list of everything that is stored about you.')}
      </p>
      <div class="actions">
        <a class="button" href=${api.EXPORT_URL} download>${msg('Download everything')}</a>
        <button type="button" class="danger" @click=${() => this.dialog.showModal()}>
          ${msg('Erase everything…')}
        </button>
      </div>
      <dialog aria-labelledby="erase-title">
        <h2 id="erase-title">${msg('Erase everything?')}</h2>
        <p>
          ${msg('All pieces, recordings, links and devices of this account are deleted at once. This cannot be undone.')}
        </p>
        <error-message .problem=${this.problem}></error-message>
        <div class="actions">
          <button type="button" class="danger" aria-disabled=${this.isBusy} @click=${this.onErase}>
            ${msg('Erase everything')}
          </button>
          <button type="button" autofocus @click=${() => this.dialog.close()}>${msg('Keep everything')}</button>
        </div>
      </dialog>`;
  }

  private readonly onErase = (): void => {
    void this.attempt(() => account.run(api.eraseAccount)).then((isDone) => {
      if (isDone) this.dialog.close();
    });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'own-data': OwnData;
  }
}
