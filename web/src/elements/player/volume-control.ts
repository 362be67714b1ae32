import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { playerSettings } from '../../state/playback/player-settings';
import { StoreController } from '../../state/store-controller';
import { base } from '../../style/controls';
import { volumeIcon } from './transport-icons';
import { releaseFocus, transportStyle } from './transport-style';

/** The volume of the player, which is kept. */
@customElement('volume-control')
export class VolumeControl extends LitElement {
  static override readonly styles = [
    base,
    transportStyle,
    css`
      label {
        display: inline-flex;
        align-items: center;
        gap: 0.4rem;
      }
      svg.icon {
        width: 1.15em;
        height: 1.15em;
        fill: currentColor;
        flex: none;
      }
      input {
        width: 4rem;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, playerSettings);
  }

  override render() {
    const percent = Math.round(playerSettings.value.volume * 100);
    return html`<label title=${msg('Volume')}
      >${volumeIcon}
      <input
        type="range"
        min="0"
        max="100"
        step="5"
        aria-label=${msg('Volume')}
        aria-valuetext=${msg(str`${percent}%`)}
        @pointerup=${releaseFocus}
        .value=${String(percent)}
        @input=${(event: Event) => playerSettings.set({ volume: Number((event.target as HTMLInputElement).value) / 100 })}
    /></label>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'volume-control': VolumeControl;
  }
}
