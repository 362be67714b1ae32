import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { connection } from '../../api/connection';
import { isTransient, problemMessage, problemReason } from '../../api/problem';
import { problemAdvice, problemTitle } from '../../api/problem-texts';
import type { Problem } from '../../api/types';
import { base, buttons } from '../../style/controls';

/** Waits before each try, where the server names none. After the last one only the button tries again. */
const RETRY_WAITS_S = [5, 10, 20, 40, 60];
/** A problem that comes back within this time of a try is the same one, so that the next wait is longer. */
const SAME_PROBLEM_MS = 15_000;

/**
 * Shows a problem: what happened, what to do, and a button that does it.
 *
 * Properties: `problem`, null shows nothing; `retry`, what the button does. Attributes: `action`, the button's text;
 * `manual`. Where
 * trying again may help, it tries by itself too: when the connection is back, after the time that the server named, or
 * after a while. Other buttons go into its slot.
 */
@customElement('error-message')
export class ErrorMessage extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.9rem;
        background: var(--wrong-wash);
        border-inline-start: 4px solid var(--wrong);
        padding: 0 0.9rem 0.8rem;
      }
      .problem p {
        margin-top: 0.25rem;
      }
    `,
  ];

  @property({ attribute: false }) problem: Problem | null = null;
  @property({ attribute: false }) retry: (() => unknown) | null = null;
  @property() action = '';
  /** Whether only the button tries again, since each try is work for the server. */
  @property({ type: Boolean }) manual = false;
  /** Seconds until it tries again by itself; null where it does not. */
  @state() private wait_s: number | null = null;
  private nTries = 0;
  private triedAt_ms = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    connection.addEventListener('change', this.onConnection);
    this.startWait();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    connection.removeEventListener('change', this.onConnection);
    clearInterval(this.timer);
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('problem')) this.startWait();
  }

  override render() {
    if (this.problem === null) return nothing;
    const [title, message] = [problemTitle(this.problem), problemMessage(this.problem)];
    const advice = problemAdvice(this.problem);
    return html`<div class="problem" role="alert" data-reason=${problemReason(this.problem)}>
        <strong>${title}</strong>${message === title ? nothing : message}${
          advice === null ? nothing : html`<p>${advice.text}</p>`
        }
      </div>
      <div class="actions">
        ${
          !this.canRetry(this.problem)
            ? nothing
            : html`<button type="button" @click=${this.onRetry}>${this.action || msg('Try again')}</button>`
        }
        ${advice?.link ? html`<a class="button" href=${advice.link.href}>${advice.link.label}</a>` : nothing}
        <slot></slot>
        ${
          this.wait_s === null
            ? nothing
            : html`<span class="soft" data-wait=${this.wait_s}
                >${msg(str`Tries again by itself in ${this.wait_s} s`)}</span
              >`
        }
      </div>`;
  }

  /** What was refused as it is would be refused again. */
  private canRetry(problem: Problem): boolean {
    return (
      this.retry !== null && (this.action !== '' || isTransient(problem) || [0, 408, 507].includes(problem.status))
    );
  }

  private startWait(): void {
    clearInterval(this.timer);
    this.wait_s = null;
    const { problem } = this;
    if (problem === null || this.retry === null || this.manual || !isTransient(problem)) return;
    if (performance.now() - this.triedAt_ms > SAME_PROBLEM_MS) this.nTries = 0;
    // The connection's own checks tell when the gateway answers again.
    if (!connection.isReachable) return;
    const wait_s = problem.retryAfter_s ?? RETRY_WAITS_S[this.nTries];
    if (wait_s === undefined) return;
    this.wait_s = Math.max(1, wait_s);
    this.timer = setInterval(() => this.countDown(), 1000);
  }

  private countDown(): void {
    if (this.wait_s === null) return;
    this.wait_s -= 1;
    if (this.wait_s <= 0) this.onRetry();
  }

  private readonly onRetry = (): void => {
    clearInterval(this.timer);
    this.wait_s = null;
    this.nTries += 1;
    this.triedAt_ms = performance.now();
    this.retry?.();
  };

  private readonly onConnection = (): void => {
    if (this.problem === null || this.manual || !isTransient(this.problem)) return;
    if (connection.isReachable) this.onRetry();
    else this.startWait();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'error-message': ErrorMessage;
  }
}
