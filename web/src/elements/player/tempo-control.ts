import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { MAX_RATE, MIN_RATE, player } from '../../state/player';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { releaseFocus, transportStyle } from './transport-style';

/** The tempo as a share of the piece's own; the pitch stays. */
@customElement('tempo-control')
export class TempoControl extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    transportStyle,
    css`
      label {
        font-size: 0.9375rem;
        display: inline-flex;
        align-items: center;
        gap: 0.4rem;
      }
      input {
        width: 4.6rem;
      }
      .value {
        min-width: 3.1rem;
        padding: 0.1rem 0.2rem;
        min-height: 2rem;
        font-size: 0.9375rem;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  /** The tempo under the pointer, before it is chosen; null while the pointer chooses none. */
  @state() private pointedPercent: number | null = null;

  constructor() {
    super();
    new StoreController(this, player);
  }

  override render() {
    const percent = this.pointedPercent ?? Math.round(player.rate * 100);
    return html`<label
        >${msg('Tempo')}
        <input
          type="range"
          min=${MIN_RATE * 100}
          max=${MAX_RATE * 100}
          step="5"
          @pointerup=${releaseFocus}
          .value=${String(percent)}
          aria-valuetext=${msg(str`${percent}% of its own tempo`)}
          @change=${(event: Event) => this.setPercent(Number((event.target as HTMLInputElement).value))}
          @input=${(event: Event) => (this.pointedPercent = Number((event.target as HTMLInputElement).value))}
      /></label>
      <button
        class="quiet value"
        type="button"
        title=${msg('Back to its own tempo')}
        aria-label=${msg(str`Tempo ${percent}%, back to its own`)}
        @click=${() => this.setPercent(100)}
      >
        ${percent}%
      </button>`;
  }

  private setPercent(percent: number): void {
    this.pointedPercent = null;
    player.setRate(percent / 100);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'tempo-control': TempoControl;
  }
}
