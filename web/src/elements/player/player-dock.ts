import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { formatClock, formatDuration } from '../../music/format';
import { player } from '../../state/player';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import { closeIcon, pauseIcon, playIcon } from '../common/icons';

const SKIP_S = 5;

/** The player at the bottom of every page. It contains the page's only audio element. */
@customElement('player-dock')
export class PlayerDock extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        position: sticky;
        bottom: 0;
        z-index: 2;
        display: block;
      }
      section {
        background: var(--sheet);
        border-top: 2px solid var(--ink);
        padding: 0.6rem max(clamp(0.75rem, 4vw, 2.5rem), calc((100vw - 71rem) / 2));
        display: grid;
        grid-template-columns: auto minmax(0, 14rem) minmax(6rem, 1fr) auto auto;
        align-items: center;
        gap: 0.4rem 0.9rem;
      }
      .title {
        font-weight: 600;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .time {
        font-variant-numeric: tabular-nums;
        font-size: 0.9375rem;
      }
      input[type='range'] {
        width: 100%;
        accent-color: var(--ink);
        min-height: 1.5rem;
        margin: 0;
      }
      .problem {
        grid-column: 1 / -1;
      }
      .round {
        width: 2.75rem;
        height: 2.75rem;
      }
      @media (max-width: 40rem) {
        section {
          grid-template-columns: auto minmax(0, 1fr) auto auto;
        }
        .seek {
          grid-column: 1 / -1;
          grid-row: 2;
        }
      }
    `,
  ];

  @state() private time_s = 0;

  constructor() {
    super();
    new StoreController(this, player);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    player.audio.addEventListener('timeupdate', this.onTimeUpdate);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    player.audio.removeEventListener('timeupdate', this.onTimeUpdate);
  }

  override render() {
    // The audio element stays in the page while nothing plays: moving it would interrupt playback.
    return html`${player.audio} ${player.piece === null ? nothing : this.renderPlayer(player.piece.title)}`;
  }

  private renderPlayer(title: string) {
    const length_s = Number.isFinite(player.audio.duration) ? player.audio.duration : 0;
    const { isPlaying } = player;
    return html`<section aria-label="Player">
      <button class="round" type="button" aria-label=${isPlaying ? 'Pause' : 'Play'} @click=${this.toggle}>
        ${isPlaying ? pauseIcon : playIcon}
      </button>
      <span class="title" title=${title}>${title}</span>
      <span class="seek">
        <input
          type="range"
          min="0"
          max=${Math.max(1, Math.round(length_s))}
          step="1"
          .value=${String(Math.floor(this.time_s))}
          aria-label="Position"
          aria-valuetext="${formatDuration(this.time_s)} of ${formatDuration(length_s)}"
          @input=${(event: Event) => this.seek(Number((event.target as HTMLInputElement).value))}
          @keydown=${this.onKeyDown}
        />
      </span>
      <span class="time">${formatClock(this.time_s)} / ${formatClock(length_s)}</span>
      <button class="round quiet" type="button" aria-label="Close the player" @click=${() => player.close()}>
        ${closeIcon}
      </button>
      ${player.errorMessage === '' ? nothing : html`<p class="problem" role="alert">${player.errorMessage}</p>`}
    </section>`;
  }

  private readonly onTimeUpdate = (): void => {
    this.time_s = player.audio.currentTime;
  };

  private readonly toggle = (): void => {
    if (player.piece !== null) player.toggle(player.piece);
  };

  private seek(time_s: number): void {
    player.audio.currentTime = time_s;
    this.time_s = time_s;
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const step_s = { ArrowLeft: -SKIP_S, ArrowRight: SKIP_S }[event.key];
    if (step_s === undefined) return;
    event.preventDefault();
    this.seek(Math.max(0, player.audio.currentTime + step_s));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'player-dock': PlayerDock;
  }
}
