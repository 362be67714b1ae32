import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base, fields } from '../../style/controls';

/**
 * A number field that may be empty.
 *
 * Attributes: `label`, `hint`, `min`, `max`, `step`, `placeholder`. Property: `value`, null where empty.
 * Event: `value-change`, detail the number or null.
 */
@customElement('number-field')
export class NumberField extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .field {
        gap: 0.15rem;
      }
    `,
  ];

  @property() label = '';
  @property() hint = '';
  @property() placeholder = '';
  @property({ type: Number }) min = 0;
  @property({ type: Number }) max = 1;
  @property() step = '1';
  @property({ attribute: false }) value: number | null = null;

  override render() {
    return html`<div class="field">
      <label for="number">${this.label}</label>
      <input
        id="number"
        type="number"
        inputmode="decimal"
        min=${this.min}
        max=${this.max}
        step=${this.step}
        placeholder=${this.placeholder}
        aria-describedby=${this.hint === '' ? nothing : 'hint'}
        .value=${this.value === null ? '' : String(this.value)}
        @change=${this.onChange}
      />
      ${this.hint === '' ? nothing : html`<span id="hint" class="hint">${this.hint}</span>`}
    </div>`;
  }

  private readonly onChange = (event: Event): void => {
    const { value, valueAsNumber } = event.target as HTMLInputElement;
    this.value = value === '' || Number.isNaN(valueAsNumber) ? null : valueAsNumber;
    this.dispatchEvent(new CustomEvent('value-change', { detail: this.value }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'number-field': NumberField;
  }
}
