import { msg, str } from '@lit/localize';
import { LitElement, css, html, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Undo } from '../../state/library';
import { base, buttons } from '../../style/controls';

const SHOWN_MS = 10_000;
/** The server forgets what was deleted after 15 seconds. */
const LONGEST_MS = 14_000;
const TICK_MS = 250;

/**
 * Offers to undo a deletion for ten seconds, some more while it is pointed at or has the focus.
 *
 * Property: `undo`. Events: `restore`, `forget`.
 */
@customElement('undo-bar')
export class UndoBar extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        position: fixed;
        inset-inline: 0;
        bottom: var(--undo-bottom, 1rem);
        z-index: 3;
        display: flex;
        justify-content: center;
        padding-inline: 1rem;
        pointer-events: none;
      }
      div {
        pointer-events: auto;
        display: flex;
        align-items: center;
        gap: 0.75rem 1.25rem;
        max-width: 36rem;
        background: var(--ink);
        color: var(--paper);
        border: 1.5px solid var(--ink);
        border-radius: var(--radius);
        padding: 0.6rem 0.75rem 0.6rem 1.1rem;
        box-shadow: 0 6px 24px rgb(0 0 0 / 30%);
      }
      span {
        overflow-wrap: anywhere;
        line-height: 1.3;
      }
      button {
        flex: none;
      }
      :focus-visible {
        outline-color: var(--paper);
        outline-offset: -5px;
        outline-color: var(--ink);
      }
    `,
  ];

  @property({ attribute: false }) undo!: Undo;
  private shownAt_ms = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('undo')) return;
    clearInterval(this.timer);
    this.shownAt_ms = performance.now();
    this.timer = setInterval(() => this.checkTime(), TICK_MS);
  }

  override render() {
    return html`<div role="status">
      <span>${undoText(this.undo)}</span>
      <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('restore'))}>${msg('Undo')}</button>
    </div>`;
  }

  private checkTime(): void {
    const shown_ms = performance.now() - this.shownAt_ms;
    const limit_ms = this.matches(':hover, :focus-within') ? LONGEST_MS : SHOWN_MS;
    if (shown_ms < limit_ms) return;
    clearInterval(this.timer);
    this.dispatchEvent(new CustomEvent('forget'));
  }
}

function undoText({ title, count }: Undo): string {
  if (title !== null) return msg(str`“${title}” deleted`);
  return count === 1 ? msg('1 piece deleted') : msg(str`${count} pieces deleted`);
}

declare global {
  interface HTMLElementTagNameMap {
    'undo-bar': UndoBar;
  }
}
