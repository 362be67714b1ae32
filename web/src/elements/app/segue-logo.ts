import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';

/** The logo: two overlapping note heads. */
@customElement('segue-logo')
export class SegueLogo extends LitElement {
  static override readonly styles = css`
    :host {
      display: inline-block;
      width: 2rem;
      height: 2rem;
      isolation: isolate;
    }
    svg {
      display: block;
      width: 100%;
      height: 100%;
    }
    .a {
      fill: var(--a);
    }
    .b {
      fill: var(--b);
      mix-blend-mode: var(--overprint);
    }
  `;

  override render() {
    return html`<svg viewBox="0 0 32 32" aria-hidden="true">
      <ellipse class="a" cx="11.5" cy="18.5" rx="9.5" ry="6.8" transform="rotate(-24 11.5 18.5)" />
      <ellipse class="b" cx="20.5" cy="13.5" rx="9.5" ry="6.8" transform="rotate(-24 20.5 13.5)" />
    </svg>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'segue-logo': SegueLogo;
  }
}
