import { msg, str } from '@lit/localize';
import { css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import * as api from '../../api/accounts';
import { toProblem } from '../../api/problem';
import type { CreatedToken, Scope, Token } from '../../api/types';
import { base, buttons, fields } from '../../style/controls';
import '../common/error-message';
import { formatDay } from './account-dates';
import { accountStyle } from './account-style';
import { AccountTask } from './account-task';

const SCOPES: readonly (readonly [Scope, () => string])[] = [
  ['read', () => msg('Read: list, play and download your pieces')],
  ['write', () => msg('Write: upload, create, change and delete pieces')],
  ['account', () => msg('Account: sessions, passkeys, tokens, export and erasure')],
];
const DAYS: readonly (readonly [string, () => string])[] = [
  ['7', () => msg('7 days')],
  ['90', () => msg('90 days')],
  ['365', () => msg('1 year')],
  ['', () => msg('never')],
];

/** The account's tokens for scripts. The secret of a new one is shown once. */
@customElement('token-list')
export class TokenList extends AccountTask {
  static override readonly styles = [
    base,
    buttons,
    fields,
    accountStyle,
    css`
      .new-token {
        display: grid;
        gap: 0.6rem;
        background: var(--well);
        border-inline-start: 4px solid var(--ink);
        padding: 0.8rem 0.9rem;
        margin-block: 0.9rem;
      }
      .new-token code {
        font-size: 0.9375rem;
        overflow-wrap: anywhere;
        user-select: all;
      }
      pre {
        margin: 0;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        font-size: 0.875rem;
      }
    `,
  ];

  @state() private tokens: readonly Token[] | null = null;
  @state() private created: CreatedToken | null = null;
  @state() private message = '';

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  override render() {
    return html`<h2>${msg('Tokens for scripts')}</h2>
      <p class="soft">
        ${msg('A script sends a token instead of a password. It sees and changes what is yours, as far as you allow.')}
      </p>
      ${
        this.tokens === null || this.tokens.length === 0
          ? nothing
          : html`<ul class="rows" style="margin-top: 0.9rem">
              ${this.tokens.map((token) => this.renderToken(token))}
            </ul>`
      }
      ${this.created === null ? nothing : this.renderCreated(this.created)}
      <p class="status" role="status">${this.message}</p>
      <h3>${msg('New token')}</h3>
      ${this.renderForm()}
      <error-message .problem=${this.problem}></error-message>`;
  }

  private renderToken({ token_id, name, scopes, last_used_at, expires_at }: Token) {
    const used = last_used_at === null ? msg('never used') : msg(str`last used ${formatDay(last_used_at)}`);
    const ends = expires_at === null ? msg('does not expire') : msg(str`expires ${formatDay(expires_at)}`);
    return html`<li>
      <span class="what">${name} <span class="soft">${scopes.join(', ')} · ${used} · ${ends}</span></span>
      <button type="button" aria-label=${msg(str`Delete the token ${name}`)} @click=${() => this.onDelete(token_id)}>
        ${msg('Delete')}
      </button>
    </li>`;
  }

  private renderCreated({ token }: CreatedToken) {
    return html`<div class="new-token">
      <p><strong>${msg('Copy the token now. It is not shown again.')}</strong></p>
      <code id="secret">${token}</code>
      <div class="actions">
        <button type="button" @click=${this.onCopy}>${msg('Copy the token')}</button>
        <button type="button" class="quiet" @click=${() => (this.created = null)}>${msg('Done')}</button>
      </div>
      <pre>${exampleCall()}</pre>
    </div>`;
  }

  private renderForm() {
    return html`<form @submit=${this.onSubmit}>
      <div class="field">
        <label for="token-name">${msg('What it is for')}</label>
        <input id="token-name" name="name" maxlength="64" autocomplete="off" required />
      </div>
      <fieldset>
        <legend>${msg('What it may do')}</legend>
        ${SCOPES.map(
          ([scope, text]) =>
            html`<label class="check"
              ><input type="checkbox" name="scopes" value=${scope} ?checked=${scope === 'read'} />${text()}</label
            >`,
        )}
      </fieldset>
      <div class="field">
        <label for="days">${msg('Expires after')}</label>
        <select id="days" name="days">
          ${DAYS.map(([days, text]) => html`<option value=${days} ?selected=${days === '90'}>${text()}</option>`)}
        </select>
      </div>
      <div class="actions">
        <button type="submit" aria-disabled=${this.isBusy}>${msg('Create token')}</button>
      </div>
    </form>`;
  }

  private async load(): Promise<void> {
    try {
      this.tokens = await api.getTokens();
    } catch (error) {
      this.problem = toProblem(error);
    }
  }

  private readonly onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const values = new FormData(form);
    const days = values.get('days') as string;
    void this.attempt(async () => {
      const scopes = values.getAll('scopes') as Scope[];
      this.created = await api.createToken(values.get('name') as string, scopes, days === '' ? null : Number(days));
      this.message = msg('The token was created.');
      form.reset();
      await this.load();
    });
  };

  private readonly onCopy = (): void => {
    const secret = this.created?.token ?? '';
    // The clipboard is there only where the page is served over https or from this machine.
    const copied = (navigator.clipboard as Clipboard | undefined)?.writeText(secret) ?? Promise.reject(new Error());
    copied.then(
      () => (this.message = msg('Copied.')),
      () => {
        getSelection()?.selectAllChildren(this.renderRoot.querySelector('#secret') as Element);
        this.message = msg('The token is selected: copy it with the keyboard.');
      },
    );
  };

  private onDelete(tokenId: string): void {
    void this.attempt(async () => {
      await api.deleteToken(tokenId);
      if (this.created?.token_id === tokenId) this.created = null;
      this.message = msg('The token was deleted.');
      await this.load();
    });
  }
}

function exampleCall(): string {
  return `curl -H "Authorization: Bearer …" ${location.origin}/library`;
}

declare global {
  interface HTMLElementTagNameMap {
    'token-list': TokenList;
  }
}
