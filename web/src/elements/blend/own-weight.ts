import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { closeIcon } from '../common/icons';
import { base, buttons } from '../../style/controls';
import { formatMainShare, formatShares } from './weight-slider';
import './weight-slider';

/**
 * A weight that follows another one until it is moved: a name, the slider, and a button that lets it follow again.
 *
 * Attributes: `name`, `hint`, `label` of the slider, `inherited`, what it follows, in words.
 * Properties: `weight`, null where it follows; `followed`, the weight that it follows.
 * Event: `weight-change`, detail the new weight; null lets it follow.
 */
@customElement('own-weight')
export class OwnWeight extends LitElement {
  static override readonly shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .top {
        display: flex;
        align-items: center;
        gap: 0.2rem;
        height: 1.35rem;
        font-size: 0.9375rem;
        line-height: 1.2;
        white-space: nowrap;
      }
      .name {
        font-weight: 600;
        overflow: hidden;
        text-overflow: ellipsis;
        margin-inline-end: auto;
      }
      .value {
        color: var(--ink-soft);
        font-size: 0.8125rem;
        font-variant-numeric: tabular-nums;
      }
      button {
        min-height: 1.5rem;
        min-width: 1.5rem;
        margin-block: -0.1rem;
        padding: 0;
        font-size: 0.75rem;
      }
      @media (pointer: coarse) {
        .top {
          height: auto;
          min-height: 2.6rem;
        }
        button {
          min-height: 2.6rem;
          min-width: 2.6rem;
        }
      }
    `,
  ];

  @property() name = '';
  @property() hint = '';
  @property() label = '';
  @property() inherited = '';
  @property({ attribute: false }) weight: number | null = null;
  @property({ attribute: false }) followed = 0.5;
  @query('weight-slider') private readonly slider!: HTMLElement;

  override render() {
    const { weight } = this;
    return html`<div class="top">
        <span class="name" title=${this.hint}>${this.name}</span>
        ${weight === null ? nothing : this.renderReset(weight)}
      </div>
      <weight-slider
        compact
        weight=${weight ?? this.followed}
        label=${this.label}
        inherited=${weight === null ? this.inherited : ''}
        title=${weight === null ? this.inherited : formatShares(weight)}
        @weight-change=${(event: CustomEvent<number>) => this.setWeight(event.detail)}
      ></weight-slider>`;
  }

  private renderReset(weight: number) {
    return html`<span class="value" aria-hidden="true">${formatMainShare(weight)}</span>
      <button
        class="quiet"
        type="button"
        aria-label=${msg(str`Reset ${this.name}`)}
        title=${msg(str`Reset ${this.name}`)}
        @click=${this.onReset}
      >
        ${closeIcon}
      </button>`;
  }

  private setWeight(weight: number | null): void {
    this.dispatchEvent(new CustomEvent('weight-change', { detail: weight }));
  }

  /** The button disappears, so the focus moves to the slider. */
  private readonly onReset = (): void => {
    this.slider.focus();
    this.setWeight(null);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'own-weight': OwnWeight;
  }
}
