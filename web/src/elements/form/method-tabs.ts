import { msg } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Method } from '../../api/types';
import { base } from '../../style/controls';

const TABS: readonly (readonly [Method, () => string])[] = [
  ['vae', () => msg('Blend')],
  ['gan', () => msg('Generate')],
  ['hybrid', () => msg('Generate + blend')],
];

/** Tabs for the three methods. Property: `method`. Event: `method-change`, detail the selected method. */
@customElement('method-tabs')
export class MethodTabs extends LitElement {
  static override readonly styles = [
    base,
    css`
      div {
        display: flex;
        gap: 0.1rem;
      }
      button {
        font: italic 560 1.25rem/1.1 var(--display);
        color: var(--ink-soft);
        background: none;
        border: 0;
        border-bottom: 3px solid transparent;
        padding: 0.25rem 0.7rem 0.2rem;
        cursor: pointer;
        min-height: 2.1rem;
        white-space: nowrap;
      }
      button:hover {
        color: var(--ink);
      }
      button[aria-selected='true'] {
        color: var(--ink);
        border-bottom-color: var(--ink);
      }
      @media (forced-colors: active) {
        button {
          border-bottom-color: Canvas;
        }
        button[aria-selected='true'] {
          border-bottom-color: Highlight;
        }
      }
      @media (max-width: 47.99rem) {
        div {
          overflow-x: auto;
          scrollbar-width: none;
        }
        button {
          min-height: 2.6rem;
          font-size: 1.125rem;
          padding-inline: 0.5rem;
        }
      }
    `,
  ];

  @property({ attribute: false }) method: Method = 'vae';

  override render() {
    return html`<div role="tablist" data-scrolls aria-label=${msg('Method')} @keydown=${this.onKeyDown}>
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
            ${name()}
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
