import { msg } from '@lit/localize';
import { browserSupportsWebAuthn } from '@simplewebauthn/browser';
import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import * as api from '../../api/accounts';
import { account } from '../../state/account';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import '../common/error-message';
import { accountStyle } from './account-style';
import { AccountTask } from './account-task';

export const MIN_PASSWORD_LENGTH = 10;

/** Makes an account that lasts of what this browser has made so far: with a name and a password, or with a passkey. */
@customElement('register-form')
export class RegisterForm extends AccountTask {
  static override readonly styles = [base, buttons, fields, accountStyle];

  constructor() {
    super();
    new StoreController(this, account);
  }

  override render() {
    const hasPasskeys = account.me?.sign_in.passkey === true && browserSupportsWebAuthn();
    return html`<h2>${msg('Create an account')}</h2>
      <form @submit=${this.onSubmit} aria-busy=${this.isBusy}>
        <div class="field">
          <label for="name">${msg('Name')}</label>
          <input id="name" name="name" autocomplete="username" maxlength="64" required />
        </div>
        <div class="field">
          <label for="password">${msg('Password')}</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="new-password"
            minlength=${MIN_PASSWORD_LENGTH}
            maxlength="1024"
            aria-describedby="hint"
            required
          />
          <p class="hint" id="hint">
            ${msg('At least 10 characters. A few words that do not belong together are easy to remember.')}
          </p>
        </div>
        <error-message .problem=${this.problem}></error-message>
        <div class="actions">
          <button class="primary" type="submit" aria-disabled=${this.isBusy}>${msg('Create account')}</button>
          ${
            hasPasskeys
              ? html`<button type="button" aria-disabled=${this.isBusy} @click=${this.onPasskey}>
                  ${msg('Use a passkey instead')}
                </button>`
              : nothing
          }
        </div>
      </form>`;
  }

  private readonly onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const values = new FormData(event.target as HTMLFormElement);
    const [name, password] = [values.get('name') as string, values.get('password') as string];
    void this.attempt(() => account.run(() => api.register(name, password)));
  };

  private readonly onPasskey = (): void => {
    void this.attempt(async () => {
      await account.ensureAccount();
      await account.run(api.addPasskey);
    });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'register-form': RegisterForm;
  }
}
