/** The account of this browser: known once it is loaded, and the same in all tabs. */
import * as api from '../api/accounts';
import { reportWrite } from '../api/client';
import { toProblem } from '../api/problem';
import type { Me, Problem } from '../api/types';
import { notifyTabs, onTabMessage } from './tabs';

/** After so long it is checked again that the account is still there: another device may have ended the session. */
const CONFIRMED_MS = 60_000;
const LOCK_NAME = 'segue-account';

/** Dispatches `change` when the account or what is known about it changes. */
export class AccountStore extends EventTarget {
  /** Null until it is loaded. */
  me: Me | null = null;
  problem: Problem | null = null;
  private confirmedAt_ms = -Infinity;
  private confirming: Promise<void> | null = null;

  constructor() {
    super();
    onTabMessage('account-changed', () => void this.load());
  }

  /** Whether one can log in to the account from elsewhere; an anonymous one is known by this browser alone. */
  get isLasting(): boolean {
    return this.me?.account?.kind === 'lasting';
  }

  /** Asks the gateway who this browser is. */
  async load(): Promise<void> {
    try {
      this.set(await api.getMe());
    } catch (error) {
      this.problem = toProblem(error);
      this.dispatchEvent(new Event('change'));
    }
  }

  /**
   * Makes sure that the browser has an account, so that what is made next belongs to somebody.
   *
   * Called before each write. Calls at the same time share one request.
   */
  ensureAccount(): Promise<void> {
    if (performance.now() - this.confirmedAt_ms < CONFIRMED_MS) return Promise.resolve();
    this.confirming ??= this.confirm().finally(() => (this.confirming = null));
    return this.confirming;
  }

  /** Runs a call that may change who this browser is, and shows what came of it here and in the other tabs. */
  async run(call: () => Promise<unknown>): Promise<void> {
    const before = this.me?.account?.account_id;
    await call();
    this.set(await api.getMe());
    notifyTabs({ type: 'account-changed' });
    if (this.me?.account?.account_id !== before) reportWrite();
  }

  private async confirm(): Promise<void> {
    const before = this.me?.account?.account_id;
    const me = await inOneTab(api.createAnonymousAccount);
    this.confirmedAt_ms = performance.now();
    const isOther = me.account?.account_id !== before;
    this.set(me);
    if (isOther) notifyTabs({ type: 'account-changed' });
  }

  private set(me: Me): void {
    this.me = me;
    this.problem = null;
    this.confirmedAt_ms = me.account === null ? -Infinity : performance.now();
    this.dispatchEvent(new Event('change'));
  }
}

/** Runs a call while no other tab does, so that two tabs do not make two accounts. Without https, tabs have no locks. */
function inOneTab<T>(call: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined;
  return locks === undefined ? call() : locks.request(LOCK_NAME, call);
}

export const account = new AccountStore();
