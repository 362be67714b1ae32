import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../../style/controls';

const N_POSITIONS = 101;

/**
 * A slider for the shares of A and B.
 *
 * Attributes: `weight` (the share of B, 0 to 1), `label`, `compact`, without the shares below it, and `inherited`, a
 * text in place of the shares for a weight that is not set here; moving the slider sets it.
 * Event: `weight-change`, detail the new weight.
 */
@customElement('weight-slider')
export class WeightSlider extends LitElement {
  static override readonly shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
        --thumb: 2rem;
        --track: 10px;
      }
      :host([compact]) {
        --thumb: 1.3rem;
        --track: 6px;
      }
      .row {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 0.7rem;
        align-items: center;
      }
      :host([compact]) .row {
        gap: 0.4rem;
      }
      .end {
        font: italic 700 1.9rem/1 var(--display);
      }
      :host([compact]) .end {
        font-size: 1rem;
      }
      .a {
        color: var(--a-text);
      }
      .b {
        color: var(--b-text);
      }
      input {
        appearance: none;
        width: 100%;
        height: max(1.5rem, var(--thumb) + 0.25rem);
        margin: 0;
        background: none;
        cursor: pointer;
      }
      :host([compact]) input:focus-visible {
        outline-offset: 0;
      }
      input::-webkit-slider-runnable-track {
        height: var(--track);
        border-radius: 5px;
        background: linear-gradient(to right, var(--a), var(--mix) 50%, var(--b));
        forced-color-adjust: none;
      }
      input::-moz-range-track {
        height: var(--track);
        border-radius: 5px;
        background: linear-gradient(to right, var(--a), var(--mix) 50%, var(--b));
        forced-color-adjust: none;
      }
      input::-webkit-slider-thumb {
        appearance: none;
        width: var(--thumb);
        height: calc(var(--thumb) * 0.76);
        margin-top: calc(var(--track) / 2 - var(--thumb) * 0.38);
        border-radius: 50%;
        background: var(--ink);
        border: 3px solid var(--sheet);
        box-shadow: 0 0 0 2px var(--ink);
        rotate: -22deg;
        forced-color-adjust: none;
      }
      :host([compact]) input::-webkit-slider-thumb {
        border-width: 2px;
        box-shadow: 0 0 0 1.5px var(--ink);
      }
      input::-moz-range-thumb {
        width: var(--thumb);
        height: calc(var(--thumb) * 0.76);
        border-radius: 50%;
        background: var(--ink);
        border: 3px solid var(--sheet);
        box-shadow: 0 0 0 2px var(--ink);
      }
      input.inherited::-webkit-slider-runnable-track {
        opacity: 0.5;
      }
      input.inherited::-moz-range-track {
        opacity: 0.5;
      }
      input.inherited::-webkit-slider-thumb {
        background: var(--sheet);
      }
      input.inherited::-moz-range-thumb {
        background: var(--sheet);
      }
      output {
        display: block;
        text-align: center;
        font-size: 0.9375rem;
        line-height: 1.2;
        font-variant-numeric: tabular-nums;
      }
      @media (pointer: coarse) {
        :host([compact]) {
          --thumb: 1.6rem;
        }
        input {
          height: 2.6rem;
        }
      }
    `,
  ];

  @property({ type: Number }) weight = 0.5;
  @property() label = '';
  @property({ type: Boolean, reflect: true }) compact = false;
  @property() inherited = '';

  override render() {
    const text = this.inherited === '' ? formatShares(this.weight) : this.inherited;
    return html`<div class="row">
        <span class="end a" aria-hidden="true">A</span>
        <input
          type="range"
          class=${this.inherited === '' ? '' : 'inherited'}
          min="0"
          max=${N_POSITIONS - 1}
          step="1"
          .value=${String(Math.round(this.weight * (N_POSITIONS - 1)))}
          aria-label=${this.label}
          aria-valuetext=${text}
          @input=${this.onInput}
        />
        <span class="end b" aria-hidden="true">B</span>
      </div>
      ${this.compact ? nothing : html`<output aria-hidden="true">${text}</output>`}`;
  }

  private readonly onInput = (event: Event): void => {
    this.weight = Number((event.target as HTMLInputElement).value) / (N_POSITIONS - 1);
    this.dispatchEvent(new CustomEvent('weight-change', { detail: this.weight }));
  };
}

/** Formats a weight of 0.3 as "70% A, 30% B". */
export function formatShares(weight: number): string {
  const share = Math.round(weight * 100);
  if (share === 0) return msg('all A');
  if (share === 100) return msg('all B');
  return msg(str`${100 - share}% A, ${share}% B`);
}

/** Formats the larger share of a weight, e.g. 0.3 as "70% A", for where there is little room. */
export function formatMainShare(weight: number): string {
  const share = Math.round(weight * 100);
  if (share === 0 || share === 100) return formatShares(weight);
  return share > 50 ? msg(str`${share}% B`) : msg(str`${100 - share}% A`);
}

declare global {
  interface HTMLElementTagNameMap {
    'weight-slider': WeightSlider;
  }
}
