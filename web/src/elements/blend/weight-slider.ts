import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../../style/controls';

/**
 * A slider for the shares of A and B.
 *
 * Attributes: `weight` (the share of B, 0 to 1), `label`, `compact`, `positions` (their number, 101 by default),
 * `inherited`, a text in place of the shares for a weight that is not set here; moving the slider sets it.
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
        --thumb: 2.25rem;
      }
      :host([compact]) {
        --thumb: 1.6rem;
      }
      .row {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 0.9rem;
        align-items: center;
      }
      .end {
        font: italic 700 2rem/1 var(--display);
      }
      :host([compact]) .end {
        font-size: 1.15rem;
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
        height: calc(var(--thumb) + 0.5rem);
        margin: 0;
        background: none;
        cursor: pointer;
      }
      :host([compact]) input:focus-visible {
        outline-offset: 0;
      }
      input::-webkit-slider-runnable-track {
        height: 10px;
        border-radius: 5px;
        background: linear-gradient(to right, var(--a), var(--mix) 50%, var(--b));
      }
      input::-moz-range-track {
        height: 10px;
        border-radius: 5px;
        background: linear-gradient(to right, var(--a), var(--mix) 50%, var(--b));
      }
      input::-webkit-slider-thumb {
        appearance: none;
        width: var(--thumb);
        height: calc(var(--thumb) * 0.76);
        margin-top: calc(5px - var(--thumb) * 0.38);
        border-radius: 50%;
        background: var(--ink);
        border: 3px solid var(--sheet);
        box-shadow: 0 0 0 2px var(--ink);
        rotate: -22deg;
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
        opacity: 0.55;
      }
      input.inherited::-moz-range-track {
        opacity: 0.55;
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
        font-variant-numeric: tabular-nums;
      }
      :host([compact]) output {
        font-size: 0.875rem;
        color: var(--ink-soft);
      }
    `,
  ];

  @property({ type: Number }) weight = 0.5;
  @property() label = 'Weight';
  @property({ type: Boolean, reflect: true }) compact = false;
  @property({ type: Number }) positions = 101;
  @property() inherited = '';

  override render() {
    const text = this.inherited === '' ? formatShares(this.weight) : this.inherited;
    return html`<div class="row">
        <span class="end a" aria-hidden="true">A</span>
        <input
          type="range"
          class=${this.inherited === '' ? '' : 'inherited'}
          min="0"
          max=${this.positions - 1}
          step="1"
          .value=${String(Math.round(this.weight * (this.positions - 1)))}
          aria-label=${this.label}
          aria-valuetext=${text}
          @input=${this.onInput}
        />
        <span class="end b" aria-hidden="true">B</span>
      </div>
      <output aria-hidden="true">${text}</output>`;
  }

  private readonly onInput = (event: Event): void => {
    this.weight = Number((event.target as HTMLInputElement).value) / (this.positions - 1);
    this.dispatchEvent(new CustomEvent('weight-change', { detail: this.weight }));
  };
}

/** Formats a weight of 0.3 as "70% A, 30% B". */
export function formatShares(weight: number): string {
  const share = Math.round(weight * 100);
  if (share === 0) return 'all A';
  if (share === 100) return 'all B';
  return `${100 - share}% A, ${share}% B`;
}

declare global {
  interface HTMLElementTagNameMap {
    'weight-slider': WeightSlider;
  }
}
