import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { player, type PlayerPiece } from '../../state/player';
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
  /** All buttons in the page: their pieces, as they stand in it, are the player's playlist. */
  private static readonly shown = new Set<PlayButton>();

  constructor() {
    super();
    new StoreController(this, player);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    PlayButton.shown.add(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    PlayButton.shown.delete(this);
  }

  override render() {
    const isPlaying = player.isCurrent(this.fileId) && player.isPlaying;
    const isWaiting = player.isCurrent(this.fileId) && player.isWaiting;
    const kind = this.wide ? 'primary' : 'round';
    const verb = isPlaying ? msg('Pause') : msg('Play');
    return html`<button
      class="${kind} ${isPlaying ? 'playing' : ''} ${isWaiting ? 'waiting' : ''}"
      type="button"
      aria-label="${verb} ${this.label}"
      @click=${this.toggle}
    >
      ${isPlaying ? pauseIcon : playIcon} ${this.wide ? verb : nothing}
    </button>`;
  }

  private readonly toggle = (): void => {
    player.playlist = listPieces([...PlayButton.shown]);
    player.toggle({ fileId: this.fileId, title: this.label });
  };
}

/** Lists the pieces of buttons from top to bottom, and from left to right, each once. */
function listPieces(shown: readonly PlayButton[]): readonly PlayerPiece[] {
  const placed = shown.map((button) => ({ button, box: button.getBoundingClientRect() }));
  placed.sort((one, other) => one.box.top - other.box.top || one.box.left - other.box.left);
  return [
    ...new Map(placed.map(({ button }) => [button.fileId, { fileId: button.fileId, title: button.label }])).values(),
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    'play-button': PlayButton;
  }
}
