import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base, buttons, fields } from '../../style/controls';

/**
 * A slider that may be unset, which leaves the choice to Segue.
 *
 * Attributes: `label`, `min-label`, `max-label`, `min`, `max`, `step`, `unset-label`. Property: `value`, null where unset.
 * Event: `value-change`, detail the number, or null after a reset.
 */
@customElement('optional-range')
export class OptionalRange extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .top {
        display: flex;
        justify-content: space-between;
        align-items: baseline;
        gap: 0.5rem;
        min-height: 1.5rem;
      }
      label {
        font-size: 0.9375rem;
      }
      .top button {
        min-height: 1.5rem;
        padding: 0.1rem 0.4rem;
        font-size: 0.875rem;
        text-decoration: underline;
      }
      input {
        width: 100%;
        margin: 0;
        min-height: 1.5rem;
        accent-color: var(--ink);
      }
      input.unset {
        accent-color: var(--edge);
        opacity: 0.65;
      }
      .range-labels {
        display: flex;
        justify-content: space-between;
        gap: 1rem;
        line-height: 1.1;
        font-size: 0.8125rem;
      }
      @media (pointer: coarse) {
        input,
        .top button {
          min-height: 2.6rem;
        }
      }
    `,
  ];

  @property() label = '';
  @property({ attribute: 'min-label' }) minLabel = '';
  @property({ attribute: 'max-label' }) maxLabel = '';
  @property({ attribute: 'unset-label' }) unsetLabel = '';
  @property({ type: Number }) min = -1;
  @property({ type: Number }) max = 1;
  @property({ type: Number }) step = 0.1;
  @property({ attribute: false }) value: number | null = null;

  override render() {
    const isUnset = this.value === null;
    const text = this.value === null ? this.unsetLabel || msg('any') : this.value.toFixed(1);
    return html`<div class="top">
        <label for="range">${this.label}: <span class="soft">${text}</span></label>
        ${
          isUnset
            ? nothing
            : html`<button
                class="quiet"
                type="button"
                aria-label=${msg(str`Reset ${this.label}`)}
                @click=${() => this.setValue(null)}
              >
                ${msg('reset')}
              </button>`
        }
      </div>
      <input
        id="range"
        type="range"
        class=${isUnset ? 'unset' : ''}
        min=${this.min}
        max=${this.max}
        step=${this.step}
        .value=${String(this.value ?? (this.min + this.max) / 2)}
        aria-valuetext=${text}
        @input=${(event: Event) => this.setValue(Number((event.target as HTMLInputElement).value))}
      />
      <div class="range-labels hint"><span>${this.minLabel}</span><span>${this.maxLabel}</span></div>`;
  }

  private setValue(value: number | null): void {
    this.value = value;
    this.dispatchEvent(new CustomEvent('value-change', { detail: value }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'optional-range': OptionalRange;
  }
}
