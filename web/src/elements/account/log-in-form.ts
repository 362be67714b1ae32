import { msg, str } from '@lit/localize';
import { browserSupportsWebAuthn } from '@simplewebauthn/browser';
import { css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import * as api from '../../api/accounts';
import { account } from '../../state/account';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import '../common/error-message';
import { accountStyle } from './account-style';
import { AccountTask } from './account-task';

/** Logs in by a name and a password, by a passkey, or at a provider of OpenID Connect. */
@customElement('log-in-form')
export class LogInForm extends AccountTask {
  static override readonly styles = [
    base,
    buttons,
    fields,
    accountStyle,
    css`
      .others {
        display: grid;
        gap: 0.6rem;
        max-width: 26rem;
        margin-top: 1.25rem;
        padding-top: 1.25rem;
        border-top: 1px solid var(--line);
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, account);
  }

  override render() {
    return html`<h2>${msg('Log in')}</h2>
      <form @submit=${this.onSubmit} aria-busy=${this.isBusy}>
        <div class="field">
          <label for="name">${msg('Name')}</label>
          <input id="name" name="name" autocomplete="username webauthn" maxlength="64" required />
        </div>
        <div class="field">
          <label for="password">${msg('Password')}</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            maxlength="1024"
            required
          />
        </div>
        <error-message .problem=${this.problem}></error-message>
        <div class="actions">
          <button class="primary" type="submit" aria-disabled=${this.isBusy}>${msg('Log in')}</button>
        </div>
      </form>
      ${this.renderOthers()}`;
  }

  private renderOthers() {
    const signIn = account.me?.sign_in;
    const hasPasskeys = signIn?.passkey === true && browserSupportsWebAuthn();
    if (signIn === undefined || (!hasPasskeys && signIn.openid.length === 0)) return nothing;
    return html`<div class="others">
      ${
        hasPasskeys
          ? html`<button type="button" aria-disabled=${this.isBusy} @click=${this.onPasskey}>
              ${msg('Log in with a passkey')}
            </button>`
          : nothing
      }
      ${signIn.openid.map(
        ({ name, label }) =>
          html`<a class="button" href=${api.openIdUrl(name)}>${msg(str`Continue with ${label}`)}</a>`,
      )}
    </div>`;
  }

  private readonly onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const values = new FormData(form);
    const [name, password] = [values.get('name') as string, values.get('password') as string];
    void this.attempt(() => account.run(() => api.logIn(name, password)));
  };

  private readonly onPasskey = (): void => {
    void this.attempt(() => account.run(api.logInWithPasskey));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'log-in-form': LogInForm;
  }
}
