import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { player } from '../../state/player';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { pauseIcon, playIcon } from '../common/icons';

/**
 * Plays or pauses a piece.
 *
 * Attributes: `file-id`, `label` (the piece's title), `wide` (with a text beside the icon).
 */
@customElement('play-button')
export class PlayButton extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: inline-flex;
      }
      .playing.round {
        background: var(--ink);
        color: var(--paper);
        border-color: var(--ink);
      }
      .waiting .icon {
        animation: pulse 900ms ease-in-out infinite alternate;
      }
      @keyframes pulse {
        to {
          opacity: 0.25;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .waiting .icon {
          animation: none;
          opacity: 0.6;
        }
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';
  @property({ type: Boolean }) wide = false;

  constructor() {
    super();
    new StoreController(this, player);
  }

  override render() {
    const isPlaying = player.isCurrent(this.fileId) && player.isPlaying;
    const isWaiting = player.isCurrent(this.fileId) && player.isWaiting;
    const kind = this.wide ? 'primary' : 'round';
    const verb = isPlaying ? 'Pause' : 'Play';
    return html`<button
      class="${kind} ${isPlaying ? 'playing' : ''} ${isWaiting ? 'waiting' : ''}"
      type="button"
      aria-label="${verb} ${this.label}"
      @click=${() => player.toggle({ fileId: this.fileId, title: this.label })}
    >
      ${isPlaying ? pauseIcon : playIcon} ${this.wide ? verb : nothing}
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'play-button': PlayButton;
  }
}
