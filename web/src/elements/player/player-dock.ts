import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { formatClock, formatDuration } from '../../music/format';
import { startMediaSession } from '../../state/playback/media-session';
import { loadedDetails } from '../../state/playback/piece-details';
import { player } from '../../state/player';
import { playerSettings } from '../../state/playback/player-settings';
import { onNavigation } from '../../state/router';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import { startShortcuts } from '../app/shortcuts';
import { closeIcon, pauseIcon, playIcon } from '../common/icons';
import { playerDockStyle } from './player-dock-style';
import { keysIcon, metronomeIcon, moreIcon, nextIcon, previousIcon } from './transport-icons';
import { releaseFocus, transportStyle } from './transport-style';
import './compare-switch';
import './loop-control';
import './tempo-control';
import './volume-control';

const SKIP_S = 5;

/**
 * The transport at the bottom of every page: always on the desk, elsewhere while there is a piece. It contains the
 * page's only audio element, and answers the keys.
 */
@customElement('player-dock')
export class PlayerDock extends LitElement {
  static override readonly styles = [base, buttons, fields, transportStyle, playerDockStyle];

  @state() private time_s = 0;
  @state() private isOpen = false;
  @state() private hasShortcuts = false;
  @state() private isOnFusePage = location.pathname === '/fuse';
  @query('.play') private readonly playButton!: HTMLElement | null;
  private animationFrame = 0;
  private unsubscribe?: () => void;

  constructor() {
    super();
    new StoreController(this, player, playerSettings);
    startMediaSession();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const stopShortcuts = startShortcuts({
      focusPlayer: () => this.focusTransport(),
      showHelp: () => void this.showShortcuts(),
    });
    const stopNavigation = onNavigation(() => (this.isOnFusePage = location.pathname === '/fuse'));
    this.unsubscribe = () => {
      stopShortcuts();
      stopNavigation();
    };
    player.addEventListener('change', this.followTime);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
    player.removeEventListener('change', this.followTime);
    cancelAnimationFrame(this.animationFrame);
  }

  private focusTransport(): void {
    this.playButton?.focus();
  }

  private async showShortcuts(): Promise<void> {
    await import('../app/shortcuts-dialog');
    this.hasShortcuts = true;
    await this.updateComplete;
    this.renderRoot.querySelector('shortcuts-dialog')?.open();
  }

  override render() {
    const isShown = player.piece !== null || this.isOnFusePage;
    // The audio element stays in the page while nothing plays: moving it would interrupt playback.
    return html`${player.element.audio} ${isShown ? this.renderTransport() : nothing}
    ${this.hasShortcuts ? html`<shortcuts-dialog></shortcuts-dialog>` : nothing}`;
  }

  private renderTransport() {
    return html`<section aria-label=${msg('Player')}>
      ${this.renderButtons()} ${this.renderTitle()} ${this.renderSeek()}
      <span class="time">${formatClock(this.time_s)} / ${formatClock(player.duration_s)}</span>
      <div class="extra ${this.isOpen ? 'open' : ''}">
        <compare-switch class=${this.isOnFusePage ? 'fuse' : ''}></compare-switch>
        <loop-control></loop-control>
        ${this.renderMetronome()}
        <tempo-control></tempo-control>
        <volume-control></volume-control>
      </div>
      ${this.renderEnd()} ${player.errorMessage === '' ? nothing : this.renderProblem()}
    </section>`;
  }

  private renderProblem() {
    return html`<p class="problem">
      <span role="alert">${player.errorMessage}</span>
      <button type="button" @click=${() => player.piece !== null && void player.play(player.piece)}>
        ${msg('Try again')}
      </button>
    </p>`;
  }

  private renderButtons() {
    const { isPlaying } = player;
    const label = isPlaying ? msg('Pause') : msg('Play');
    return html`<span class="buttons">
      ${this.renderSkip(-1)}
      <button
        class="round play"
        type="button"
        aria-label=${label}
        title=${label}
        aria-disabled=${player.piece === null ? 'true' : 'false'}
        @click=${() => player.piece !== null && player.toggle(player.piece)}
      >
        ${isPlaying ? pauseIcon : playIcon}
      </button>
      ${this.renderSkip(1)}
    </span>`;
  }

  private renderSkip(direction: -1 | 1) {
    const neighbor = player.neighbor(direction);
    const label = direction < 0 ? msg('Previous piece') : msg('Next piece');
    return html`<button
      class="round quiet skip"
      type="button"
      aria-label=${label}
      title=${neighbor === null ? label : `${label}: ${neighbor.title}`}
      aria-disabled=${neighbor === null ? 'true' : 'false'}
      @click=${() => player.skip(direction)}
    >
      ${direction < 0 ? previousIcon : nextIcon}
    </button>`;
  }

  private renderTitle() {
    const { piece, waitMessage } = player;
    if (piece === null) return html`<span class="title"><span>${msg('Nothing is playing yet')}</span></span>`;
    const parents = loadedDetails(piece.fileId)?.parents ?? [];
    return html`<span class="title" title=${piece.title}>
      <strong>${piece.title}</strong>
      <span role="status">${waitMessage === '' ? parents.map(({ title }) => title).join(' × ') : waitMessage}</span>
    </span>`;
  }

  private renderSeek() {
    const { duration_s } = player;
    return html`<span class="seek">
      <input
        type="range"
        min="0"
        max=${Math.max(1, duration_s).toFixed(1)}
        step="0.1"
        .value=${this.time_s.toFixed(1)}
        aria-label=${msg('Position')}
        aria-valuetext=${msg(str`${formatDuration(this.time_s)} of ${formatDuration(duration_s)}`)}
        aria-disabled=${player.piece === null ? 'true' : 'false'}
        @input=${(event: Event) => this.seek(Number((event.target as HTMLInputElement).value))}
        @keydown=${this.onKeyDown}
        @pointerup=${releaseFocus}
      />
    </span>`;
  }

  private renderMetronome() {
    const { hasMetronome, hasCountIn } = playerSettings.value;
    return html`<button
        class="round"
        type="button"
        aria-label=${msg('Metronome')}
        title=${msg('Metronome')}
        aria-pressed=${hasMetronome ? 'true' : 'false'}
        @click=${() => playerSettings.set({ hasMetronome: !hasMetronome })}
      >
        ${metronomeIcon}
      </button>
      <button
        class="toggle"
        type="button"
        title=${msg('A bar of clicks before the piece begins')}
        aria-pressed=${hasCountIn ? 'true' : 'false'}
        @click=${() => playerSettings.set({ hasCountIn: !hasCountIn })}
      >
        ${msg('Count-in')}
      </button>`;
  }

  private renderEnd() {
    return html`<span class="end">
      <button
        class="round quiet more"
        type="button"
        aria-label=${msg('More controls')}
        title=${msg('More controls')}
        aria-expanded=${this.isOpen ? 'true' : 'false'}
        @click=${() => (this.isOpen = !this.isOpen)}
      >
        ${moreIcon}
      </button>
      <button
        class="round quiet keys"
        type="button"
        aria-label=${msg('Keyboard shortcuts')}
        title=${msg('Keyboard shortcuts')}
        @click=${() => void this.showShortcuts()}
      >
        ${keysIcon}
      </button>
      ${
        player.piece === null
          ? nothing
          : html`<button
              class="round quiet"
              type="button"
              aria-label=${msg('Close the player')}
              title=${msg('Close the player')}
              @click=${() => player.close()}
            >
              ${closeIcon}
            </button>`
      }
    </span>`;
  }

  /** Updates the time while the piece plays, and once when it stops or seeks. */
  private readonly followTime = (): void => {
    cancelAnimationFrame(this.animationFrame);
    const { time_s } = player;
    if (Math.abs(time_s - this.time_s) >= 0.1 || !player.isPlaying) this.time_s = time_s;
    if (player.isPlaying) this.animationFrame = requestAnimationFrame(this.followTime);
  };

  private seek(time_s: number): void {
    player.seek(time_s);
    this.time_s = time_s;
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const step_s = { ArrowLeft: -SKIP_S, ArrowRight: SKIP_S }[event.key];
    if (step_s === undefined) return;
    event.preventDefault();
    this.seek(Math.max(0, player.time_s + step_s));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'player-dock': PlayerDock;
  }
}
