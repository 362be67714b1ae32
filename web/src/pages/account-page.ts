import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { namedProblem } from '../api/problem';
import type { Account, Me, Problem } from '../api/types';
import '../elements/account/log-in-form';
import '../elements/account/log-in-methods';
import '../elements/account/own-data';
import '../elements/account/register-form';
import '../elements/account/session-list';
import '../elements/account/token-list';
import '../elements/common/error-message';
import { account } from '../state/account';
import { setQuery } from '../state/router';
import { StoreController } from '../state/store-controller';
import { base, buttons } from '../style/controls';

const MEGABYTE = 1024 ** 2;

/** The account: log in or register; how and where one is logged in, tokens, storage, export and erasure. */
@customElement('account-page')
export class AccountPage extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      h1 {
        font-size: clamp(2.6rem, 2rem + 2.6vw, 4rem);
        overflow-wrap: anywhere;
      }
      .lead {
        font-size: 1.125rem;
        max-width: 38rem;
        margin-block: 0.75rem 2rem;
      }
      .columns {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
        gap: 2.5rem clamp(2rem, 5vw, 4rem);
        align-items: start;
      }
      .storage {
        margin-bottom: 2rem;
        max-width: 26rem;
      }
      progress {
        display: block;
        width: 100%;
        height: 0.6rem;
        margin-top: 0.35rem;
        accent-color: var(--ink);
      }
      .data {
        display: block;
        margin-top: 3rem;
        padding-top: 2rem;
        border-top: 1px solid var(--line);
      }
    `,
  ];

  /** What went wrong at a provider of OpenID Connect, from which the browser has come back. */
  @state() private returned: Problem | null = null;

  constructor() {
    super();
    new StoreController(this, account);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const reason = new URLSearchParams(location.search).get('sign-in');
    if (reason !== null) {
      this.returned = returnedProblem(reason);
      setQuery({ 'sign-in': null });
    }
    void account.load();
  }

  override render() {
    const { me } = account;
    return html`<h1>${this.renderTitle(me)}</h1>
      <error-message .problem=${this.returned}></error-message>
      ${
        me === null
          ? html`<error-message .problem=${account.problem} .retry=${() => account.load()}></error-message>`
          : me.account?.kind === 'lasting'
            ? this.renderLasting(me)
            : this.renderAnonymous(me)
      }`;
  }

  private renderTitle(me: Me | null): string {
    return me?.account?.kind === 'lasting' ? (me.account.name ?? firstIdentity(me.account)) : msg('Account');
  }

  private renderAnonymous(me: Me) {
    return html`<p class="lead">
        ${
          me.usage.files === 0
            ? msg(
                'Segue works without an account. With one, what you make is kept for good, and is on all your devices.',
              )
            : msg(
                'What you have made so far belongs to this browser, and is deleted after some days. With an account it is kept for good, and is on all your devices.',
              )
        }
      </p>
      <div class="columns">
        <log-in-form></log-in-form>
        <register-form></register-form>
      </div>
      ${me.account === null ? nothing : html`<own-data class="data"></own-data>`}`;
  }

  private renderLasting(me: Me) {
    return html`<p class="lead">${msg('What you make is kept for good, and is wherever you log in.')}</p>
      ${this.renderStorage(me)}
      <div class="columns">
        <log-in-methods></log-in-methods>
        <session-list></session-list>
        <token-list></token-list>
        <own-data></own-data>
      </div>`;
  }

  private renderStorage({ usage, limits }: Me) {
    const used = Math.ceil(usage.bytes / MEGABYTE);
    const limit = Math.round(limits.bytes / MEGABYTE);
    return html`<div class="storage">
      <span id="storage">
        ${
          limit === 0
            ? msg(str`${usage.files} pieces, ${used} MB`)
            : msg(str`${usage.files} pieces, ${used} of ${limit} MB`)
        }
      </span>
      ${limit === 0 ? nothing : html`<progress aria-labelledby="storage" max=${limit} value=${used}></progress>`}
    </div>`;
  }
}

function firstIdentity(own: Account): string {
  return own.identities[0]?.name ?? msg('Your account');
}

/** Returns what to say after a log-in at a provider that did not work out. */
function returnedProblem(reason: string): Problem {
  switch (reason) {
    case 'UPSTREAM':
      return namedProblem('UPSTREAM', msg('The provider does not answer. Try again later, or log in another way.'));
    case 'STOPPED':
      return namedProblem('LOG_IN_STOPPED', msg('The log-in was stopped. You can try again, or log in another way.'));
    default:
      return namedProblem('WRONG_CREDENTIALS', msg('The log-in took too long or was not accepted. Try again.'));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'account-page': AccountPage;
  }
}
