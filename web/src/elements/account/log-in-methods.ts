import { msg, str } from '@lit/localize';
import { browserSupportsWebAuthn } from '@simplewebauthn/browser';
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import * as api from '../../api/accounts';
import type { Account } from '../../api/types';
import { account } from '../../state/account';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import '../common/error-message';
import { formatDay } from './account-dates';
import { accountStyle } from './account-style';
import { AccountTask } from './account-task';
import { MIN_PASSWORD_LENGTH } from './register-form';

/** What one logs in to the account with: its password, passkeys, and identities at providers. */
@customElement('log-in-methods')
export class LogInMethods extends AccountTask {
  static override readonly styles = [base, buttons, fields, accountStyle];

  @state() private isPasswordOpen = false;
  @state() private message = '';

  constructor() {
    super();
    new StoreController(this, account);
  }

  override render() {
    const own = account.me?.account;
    if (!own) return nothing;
    return html`<h2>${msg('How you log in')}</h2>
      <ul class="rows">
        ${this.renderPassword(own)} ${own.passkeys.map((passkey) => this.renderPasskey(passkey))}
        ${own.identities.map(
          ({ issuer, name }) =>
            html`<li>
              <span class="what">${name} <span class="soft">${new URL(issuer).host}</span></span>
            </li>`,
        )}
      </ul>
      ${this.isPasswordOpen ? this.renderPasswordForm(own) : nothing}
      <error-message .problem=${this.problem}></error-message>
      <p class="status" role="status">${this.message}</p>
      ${this.renderHint(own)} ${this.renderAdd()}`;
  }

  /** Segue knows no mail address, so that nobody can be sent a new password. */
  private renderHint(own: Account) {
    const count = Number(own.has_password) + own.passkeys.length + own.identities.length;
    if (count > 1) return nothing;
    return html`<p class="soft hint-line">
      ${msg('Nobody can reset your password or passkey. Add a second way to log in, in case you lose this one.')}
    </p>`;
  }

  private renderPassword(own: Account) {
    return html`<li>
      <span class="what">${own.has_password ? msg('Password') : msg('No password')}</span>
      <button
        type="button"
        aria-expanded=${this.isPasswordOpen}
        @click=${() => (this.isPasswordOpen = !this.isPasswordOpen)}
      >
        ${own.has_password ? msg('Change password') : msg('Set a password')}
      </button>
    </li>`;
  }

  private renderPasskey({ passkey_id, name, created_at }: Account['passkeys'][number]) {
    return html`<li>
      <span class="what"
        >${msg(str`Passkey: ${name}`)} <span class="soft">${msg(str`Added ${formatDay(created_at)}`)}</span></span
      >
      <button
        type="button"
        aria-label=${msg(str`Delete the passkey ${name}`)}
        @click=${() => this.onDelete(passkey_id)}
      >
        ${msg('Delete')}
      </button>
    </li>`;
  }

  /** The hidden name lets password managers find the entry that they should change. */
  private renderPasswordForm(own: Account) {
    return html`<h3>${own.has_password ? msg('Change password') : msg('Set a password')}</h3>
      <form @submit=${this.onPassword}>
        ${own.name === null ? nothing : html`<input autocomplete="username" .value=${own.name} readonly hidden />`}
        ${
          own.name === null
            ? html`<div class="field">
                <label for="name">${msg('Name')}</label>
                <input id="name" name="name" autocomplete="username" maxlength="64" required />
              </div>`
            : nothing
        }
        ${
          own.has_password
            ? html`<div class="field">
                <label for="old">${msg('Current password')}</label>
                <input id="old" name="old" type="password" autocomplete="current-password" required />
              </div>`
            : nothing
        }
        <div class="field">
          <label for="new">${msg('New password')}</label>
          <input
            id="new"
            name="new"
            type="password"
            autocomplete="new-password"
            minlength=${MIN_PASSWORD_LENGTH}
            maxlength="1024"
            aria-describedby="hint"
            required
          />
          <p class="hint" id="hint">${msg('At least 10 characters. All other devices are logged out.')}</p>
        </div>
        <div class="actions">
          <button type="submit" aria-disabled=${this.isBusy}>${msg('Save password')}</button>
        </div>
      </form>`;
  }

  private renderAdd() {
    if (account.me?.sign_in.passkey !== true || !browserSupportsWebAuthn()) return nothing;
    return html`<div class="actions">
      <button type="button" aria-disabled=${this.isBusy} @click=${this.onAdd}>${msg('Add a passkey')}</button>
    </div>`;
  }

  private readonly onAdd = (): void => {
    void this.attempt(() => account.run(api.addPasskey)).then((isDone) => {
      this.message = isDone ? msg('The passkey was added.') : '';
    });
  };

  private onDelete(passkeyId: string): void {
    void this.attempt(() => account.run(() => api.deletePasskey(passkeyId))).then((isDone) => {
      this.message = isDone ? msg('The passkey was deleted.') : '';
    });
  }

  private readonly onPassword = (event: SubmitEvent): void => {
    event.preventDefault();
    const values = new FormData(event.target as HTMLFormElement);
    const change = {
      old: values.get('old') as string | null,
      new: values.get('new') as string,
      name: values.get('name') as string | null,
    };
    void this.attempt(() => account.run(() => api.changePassword(change))).then((isDone) => {
      if (isDone) this.isPasswordOpen = false;
      this.message = isDone ? msg('The password was saved. Other devices were logged out.') : '';
    });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'log-in-methods': LogInMethods;
  }
}
