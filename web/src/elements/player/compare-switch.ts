import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { comparison, SIDES, type Side } from '../../state/playback/comparison';
import { player } from '../../state/player';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { transportStyle } from './transport-style';

/** Switches between A, the blend and B at the same bar. Shown while a blend or one of its parents is current. */
@customElement('compare-switch')
export class CompareSwitch extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    transportStyle,
    css`
      :host {
        flex: none;
      }
      span {
        display: flex;
      }
      button + button {
        margin-left: -1.5px;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, player, comparison);
  }

  override render() {
    if (!comparison.isAvailable) return nothing;
    return html`<span role="group" aria-label=${msg('Compare at the same bar')}>
      ${SIDES.map((side) => this.renderSide(side))}
    </span>`;
  }

  private renderSide(side: Side) {
    const names: Readonly<Record<Side, string>> = { a: msg('A'), blend: msg('Blend'), b: msg('B') };
    const title = comparison.piece(side)?.title ?? '';
    return html`<button
      class="toggle"
      type="button"
      title=${title}
      aria-label="${names[side]}: ${title}"
      aria-pressed=${comparison.current === side ? 'true' : 'false'}
      @click=${() => comparison.choose(side)}
    >
      ${names[side]}
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'compare-switch': CompareSwitch;
  }
}
