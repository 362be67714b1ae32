import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Method } from '../../api/types';
import { base } from '../../style/controls';

const TABS: readonly (readonly [Method, string])[] = [
  ['vae', 'Blend'],
  ['gan', 'Generate'],
  ['hybrid', 'Hybrid'],
];

/** Tabs for the three methods. Property: `method`. Event: `method-change`, detail the selected method. */
@customElement('method-tabs')
export class MethodTabs extends LitElement {
  static override readonly styles = [
    base,
    css`
      div {
        display: flex;
        gap: 0.25rem;
        border-bottom: 2px solid var(--ink);
      }
      button {
        font: italic 560 clamp(1.25rem, 1rem + 1.4vw, 1.75rem)/1.1 var(--display);
        color: var(--ink-soft);
        background: none;
        border: 2px solid transparent;
        border-bottom: 0;
        border-radius: var(--radius) var(--radius) 0 0;
        padding: 0.55rem clamp(0.7rem, 2.5vw, 1.5rem) 0.65rem;
        cursor: pointer;
        min-height: 2.75rem;
      }
      button:hover {
        color: var(--ink);
        text-decoration: underline;
        text-decoration-thickness: 2px;
        text-underline-offset: 0.2em;
      }
      button[aria-selected='true'] {
        color: var(--paper);
        background: var(--ink);
        text-decoration: none;
      }
    `,
  ];

  @property({ attribute: false }) method: Method = 'vae';

  override render() {
    return html`<div role="tablist" aria-label="Method" @keydown=${this.onKeyDown}>
      ${TABS.map(
        ([method, name]) =>
          html`<button
            type="button"
            role="tab"
            id=${method}
            aria-selected=${method === this.method ? 'true' : 'false'}
            tabindex=${method === this.method ? 0 : -1}
            @click=${() => this.selectMethod(method)}
          >
            ${name}
          </button>`,
      )}
    </div>`;
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const currentIndex = TABS.findIndex(([method]) => method === this.method);
    const last = TABS.length - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: currentIndex === last ? 0 : currentIndex + 1,
      ArrowLeft: currentIndex === 0 ? last : currentIndex - 1,
      Home: 0,
      End: last,
    };
    const target = TABS[targets[event.key] ?? -1];
    if (target === undefined) return;
    event.preventDefault();
    this.selectMethod(target[0]);
    this.renderRoot.querySelector<HTMLElement>(`#${target[0]}`)?.focus();
  };

  private selectMethod(method: Method): void {
    this.method = method;
    this.dispatchEvent(new CustomEvent('method-change', { detail: method }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'method-tabs': MethodTabs;
  }
}
