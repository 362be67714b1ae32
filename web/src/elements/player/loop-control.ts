import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { barsOf, loopBars, toggleLoop } from '../../state/playback/loop-bars';
import { player } from '../../state/player';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import { loopIcon } from './transport-icons';
import { transportStyle } from './transport-style';

/** Repeats some bars, chosen by their numbers. */
@customElement('loop-control')
export class LoopControl extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    transportStyle,
    css`
      input[type='number'] {
        width: 3.1rem;
        min-height: 2.25rem;
        padding: 0.1rem 0.35rem;
      }
      .bars {
        display: inline-flex;
        align-items: center;
        gap: 0.3rem;
        font-size: 0.9375rem;
        white-space: nowrap;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, player);
  }

  override render() {
    const isOn = player.loop !== null;
    return html`<button
        class="round"
        type="button"
        title=${msg('Loop')}
        aria-label=${msg('Loop')}
        aria-pressed=${isOn ? 'true' : 'false'}
        aria-disabled=${player.piece === null ? 'true' : 'false'}
        @click=${() => void toggleLoop()}
      >
        ${loopIcon}
      </button>
      ${isOn ? this.renderBars() : nothing}`;
  }

  private renderBars() {
    const range = barsOf(player.loop);
    if (range === null) return nothing;
    const { first, last, count } = range;
    return html`<span class="bars" title=${msg('Bars')}>
      ${this.renderNumber(msg('First bar of the loop'), first, 1, last, (bar) => loopBars(bar, last))} –
      ${this.renderNumber(msg('Last bar of the loop'), last, first, count, (bar) => loopBars(first, bar))}
    </span>`;
  }

  private renderNumber(label: string, value: number, min: number, max: number, choose: (bar: number) => Promise<void>) {
    return html`<input
      type="number"
      aria-label=${label}
      min=${min}
      max=${max}
      .value=${String(value)}
      @change=${(event: Event) => void choose(Number((event.target as HTMLInputElement).value))}
    />`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'loop-control': LoopControl;
  }
}
