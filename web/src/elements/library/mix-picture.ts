import { LitElement, css, html, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { LibraryItem } from '../../api/types';
import { base } from '../../style/controls';
import { mixText } from './library-text';

const WIDTH = 96;
const HEIGHT = 24;
const COLORS = ['var(--a)', 'var(--b)', 'var(--harmony)', 'var(--bass)', 'var(--lead)', 'var(--drums)'];

/** How a blend was weighed, drawn: A below, B above a curve, or a bar of shares. Property: `item`. */
@customElement('mix-picture')
export class MixPicture extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
      }
      svg {
        display: block;
        width: ${WIDTH}px;
        height: ${HEIGHT}px;
        border-radius: 2px;
        forced-color-adjust: none;
      }
    `,
  ];

  @property({ attribute: false }) item!: LibraryItem;

  override render() {
    const text = mixText(this.item);
    if (text === '') return nothing;
    return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${text}>
      <title>${text}</title>
      ${this.item.curve === null ? this.renderShares() : this.renderCurve(this.item.curve)}
    </svg>`;
  }

  private renderShares() {
    let from = 0;
    return this.item.parents.map((parent, index) => {
      const width = (parent.weight ?? 0) * WIDTH;
      const share = svg`<rect x=${from} width=${width} height=${HEIGHT} fill=${COLORS[index % COLORS.length]}></rect>`;
      from += width;
      return share;
    });
  }

  /** The share of B is drawn from below, as in the weight over the piece. */
  private renderCurve(curve: NonNullable<LibraryItem['curve']>) {
    return svg`<rect width=${WIDTH} height=${HEIGHT} fill="var(--a)"></rect>
      <path d=${curvePath(curve)} fill="var(--b)"></path>`;
  }
}

/** Returns the outline of the area below a curve; before its first point and after its last it is level. */
export function curvePath(curve: readonly (readonly [number, number])[]): string {
  const points = curve.map(([position, weight]) => [position * WIDTH, (1 - weight) * HEIGHT] as const);
  const [first, last] = [points.at(0), points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const line = [[0, first[1]] as const, ...points, [WIDTH, last[1]] as const];
  return `M0 ${HEIGHT}${line.map(([x, y]) => `L${round(x)} ${round(y)}`).join('')}L${WIDTH} ${HEIGHT}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

declare global {
  interface HTMLElementTagNameMap {
    'mix-picture': MixPicture;
  }
}
