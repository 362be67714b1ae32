import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { base, fields } from '../../style/controls';

export type Choice = readonly [value: string, name: string];

/**
 * A select field.
 *
 * Attributes: `label`, `hint`. Properties: `choices`, `value`. Event: `value-change`, detail the value.
 */
@customElement('choice-field')
export class ChoiceField extends LitElement {
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
  @property({ attribute: false }) choices: readonly Choice[] = [];
  @property({ attribute: false }) value = '';

  override render() {
    return html`<div class="field">
      <label for="choice">${this.label}</label>
      <select id="choice" aria-describedby=${this.hint === '' ? nothing : 'hint'} @change=${this.onChange}>
        ${this.choices.map(
          ([value, name]) => html`<option value=${value} .selected=${live(value === this.value)}>${name}</option>`,
        )}
      </select>
      ${this.hint === '' ? nothing : html`<span id="hint" class="hint">${this.hint}</span>`}
    </div>`;
  }

  private readonly onChange = (event: Event): void => {
    this.value = (event.target as HTMLSelectElement).value;
    this.dispatchEvent(new CustomEvent('value-change', { detail: this.value }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'choice-field': ChoiceField;
  }
}
