import { msg, str } from '@lit/localize';
import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import * as api from '../../api/accounts';
import { toProblem } from '../../api/problem';
import type { Session } from '../../api/types';
import { account } from '../../state/account';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import '../common/error-message';
import { formatTime } from './account-dates';
import { accountStyle } from './account-style';
import { AccountTask } from './account-task';

/** The devices that are logged in to the account. */
@customElement('session-list')
export class SessionList extends AccountTask {
  static override readonly styles = [base, buttons, accountStyle];

  @state() private sessions: readonly Session[] | null = null;

  constructor() {
    super();
    new StoreController(this, account);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    account.addEventListener('change', this.load);
    this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    account.removeEventListener('change', this.load);
  }

  override render() {
    return html`<h2>${msg('Where you are logged in')}</h2>
      <error-message .problem=${this.problem} .retry=${this.sessions === null ? this.load : null}></error-message>
      ${
        this.sessions === null
          ? nothing
          : html`<ul class="rows">
              ${this.sessions.map((session) => this.renderSession(session))}
            </ul>`
      }
      <div class="actions" style="margin-top: 0.9rem">
        <button type="button" aria-disabled=${this.isBusy} @click=${this.onLogOut}>${msg('Log out')}</button>
        <button type="button" aria-disabled=${this.isBusy} @click=${this.onLogOutEverywhere}>
          ${msg('Log out everywhere')}
        </button>
      </div>`;
  }

  private renderSession({ session_id, device, last_used_at, is_current }: Session) {
    return html`<li>
      <span class="what"
        >${device}${is_current ? html`<span class="tag">${msg('This device')}</span>` : nothing}
        <span class="soft">${msg(str`Last used ${formatTime(last_used_at)}`)}</span></span
      >
      ${
        is_current
          ? nothing
          : html`<button type="button" aria-label=${msg(str`Log out ${device}`)} @click=${() => this.onEnd(session_id)}>
              ${msg('Log out')}
            </button>`
      }
    </li>`;
  }

  private readonly load = (): void => {
    if (!account.me?.session_id) return;
    api.getSessions().then(
      (sessions) => (this.sessions = sessions),
      (error: unknown) => (this.problem = toProblem(error)),
    );
  };

  private onEnd(sessionId: string): void {
    void this.attempt(() => account.run(() => api.endSession(sessionId)));
  }

  private readonly onLogOut = (): void => {
    const sessionId = account.me?.session_id;
    if (sessionId) void this.attempt(() => account.run(() => api.endSession(sessionId)));
  };

  private readonly onLogOutEverywhere = (): void => {
    void this.attempt(() => account.run(api.endAllSessions));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'session-list': SessionList;
  }
}
