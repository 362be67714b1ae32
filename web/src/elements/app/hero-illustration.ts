import { LitElement, css, html, svg } from 'lit';
import { customElement } from 'lit/decorators.js';
import { noteHeads, staffPaths, VIEW_HEIGHT, VIEW_WIDTH, type NoteHead, type Staff } from '../../music/hero-staves';

const STEM_LENGTH = 52;

/** The illustration of the home page: two staves in two colors that merge into one. */
@customElement('hero-illustration')
export class HeroIllustration extends LitElement {
  static override readonly styles = css`
    :host {
      display: block;
      isolation: isolate;
    }
    svg {
      display: block;
      width: 100%;
      height: auto;
      overflow: visible;
    }
    g {
      mix-blend-mode: var(--overprint);
    }
    .a {
      fill: var(--a);
      stroke: var(--a);
    }
    .b {
      fill: var(--b);
      stroke: var(--b);
    }
    path {
      fill: none;
      stroke-width: 2.2;
    }
    line {
      stroke-width: 2.6;
    }
    @media (prefers-reduced-motion: no-preference) {
      path {
        stroke-dasharray: 1;
        animation: draw 1400ms cubic-bezier(0.3, 0, 0.2, 1) both;
      }
      .note {
        animation: appear 300ms ease-out both;
        animation-delay: calc(200ms + var(--at) * 1000ms);
      }
    }
    @keyframes draw {
      from {
        stroke-dashoffset: 1;
      }
    }
    @keyframes appear {
      from {
        opacity: 0;
      }
    }
  `;

  override render() {
    return html`<svg viewBox="0 0 ${VIEW_WIDTH} ${VIEW_HEIGHT}" aria-hidden="true">
      ${this.renderStaff('a')} ${this.renderStaff('b')}
    </svg>`;
  }

  private renderStaff(name: Staff) {
    return svg`<g class=${name}>
      ${staffPaths(name).map((path) => svg`<path d=${path} pathLength="1" />`)}
      ${noteHeads(name).map(renderNote)}
    </g>`;
  }
}

function renderNote({ x, y, stemUp }: NoteHead) {
  const side = stemUp ? 10.4 : -10.4;
  return svg`<g class="note" style="--at: ${(x / VIEW_WIDTH).toFixed(2)}">
    <ellipse cx=${x} cy=${y} rx="11.5" ry="8.2" stroke="none" transform="rotate(-24 ${x} ${y})" />
    <line x1=${x + side} y1=${y} x2=${x + side} y2=${stemUp ? y - STEM_LENGTH : y + STEM_LENGTH} />
  </g>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'hero-illustration': HeroIllustration;
  }
}
