import { LitElement } from 'lit';
import { state } from 'lit/decorators.js';
import { toProblem } from '../../api/problem';
import type { Problem } from '../../api/types';

/** What the browser throws where a person closed its passkey dialog, or let it time out. */
const DISMISSED = new Set(['NotAllowedError', 'AbortError']);

/** An element that makes calls about the account: one at a time, and it shows what went wrong. */
export abstract class AccountTask extends LitElement {
  @state() protected problem: Problem | null = null;
  @state() protected isBusy = false;

  /** Runs a call; resolves to whether it succeeded. A passkey dialog that a person closes is no problem. */
  protected async attempt(call: () => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.problem = null;
    try {
      await call();
      return true;
    } catch (error) {
      if (!(error instanceof Error && DISMISSED.has(error.name))) this.problem = toProblem(error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
