import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import { getNotes } from '../api/client';
import { ROLES, type Notes, type Problem, type Role } from '../api/contract';
import { problemOf } from '../api/problem';
import { ROLE_NAMES } from '../music/roles';
import { boxesOf, firstZoom, frameOf, type RollBox, type RollFrame } from '../music/roll';
import { count, spokenTime } from '../music/time';
import { player } from '../state/player';
import { base, buttons } from '../style/controls';
import { paintRoll } from './roll-paint';
import { rollStyle } from './roll-style';
import './problem-note';

const HEIGHT = 340;
const ZOOM_STEP = 1.6;
const MAX_ZOOM = 24;
const SKIP_S = 2;

/**
 * The notes of a piece on a canvas, coloured by role, with a playhead; a click goes there.
 *
 * Attributes: `file-id`, `label`. Property: `sound_s`, how long the sound is: with its last echo, longer than the
 * notes, and a waveform of the same width shows all of it.
 */
@customElement('piano-roll')
export class PianoRoll extends LitElement {
  static override readonly styles = [base, buttons, rollStyle];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';
  @property({ attribute: false }) sound_s = 0;
  @state() private notes: Notes | null = null;
  @state() private problem: Problem | null = null;
  /** Null until the user chooses. */
  @state() private chosenZoom: number | null = null;
  @state() private viewWidth = 0;
  @state() private muted = new Set<Role>();
  @query('canvas') private readonly canvas!: HTMLCanvasElement | null;
  @query('.view') private readonly view!: HTMLElement | null;

  private frame: RollFrame | null = null;
  private boxes: readonly RollBox[] = [];
  private ticking = 0;
  private readonly sizes = new ResizeObserver(() => this.measure());
  private readonly scheme = matchMedia('(prefers-color-scheme: dark)');

  override connectedCallback(): void {
    super.connectedCallback();
    player.addEventListener('change', this.follow);
    this.scheme.addEventListener('change', this.paint);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    player.removeEventListener('change', this.follow);
    this.scheme.removeEventListener('change', this.paint);
    this.sizes.disconnect();
    cancelAnimationFrame(this.ticking);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('fileId')) void this.load(this.fileId);
  }

  override render() {
    if (this.problem !== null) return html`<problem-note .problem=${this.problem}></problem-note>`;
    if (this.notes === null) return html`<div class="view empty" role="status">Reading the notes…</div>`;
    return html`${this.legend(this.notes)}
      <div
        class="view"
        role="slider"
        tabindex="0"
        aria-label="Piano roll of ${this.label}: ${describe(this.notes)}"
        aria-valuemin="0"
        aria-valuemax=${Math.round(this.notes.duration_s)}
        aria-valuenow=${Math.round(this.time_s)}
        aria-valuetext=${spokenTime(this.time_s)}
        @scroll=${this.paint}
        @click=${this.seekTo}
        @keydown=${this.skip}
      >
        <div class="length" style=${styleMap({ width: `${this.viewWidth * this.zoom}px` })}>
          <canvas height=${HEIGHT} data-notes=${this.boxes.length}></canvas>
        </div>
      </div>`;
  }

  override updated(): void {
    if (this.view !== null) this.sizes.observe(this.view);
    this.arrange();
    this.paint();
  }

  private legend(notes: Notes) {
    const present = ROLES.filter((role) => notes.tracks.some((track) => track.role === role && track.notes.length > 0));
    return html`<div class="tools">
      <ul class="legend" aria-label="Roles shown">
        ${present.map((role) => html`<li>${this.legendEntry(role)}</li>`)}
      </ul>
      <span class="zoom">
        <button class="quiet" type="button" aria-label="Zoom out" @click=${() => this.scale(1 / ZOOM_STEP)}>−</button>
        <button class="quiet" type="button" aria-label="Zoom in" @click=${() => this.scale(ZOOM_STEP)}>+</button>
        ${
          this.zoom > 1
            ? html`<button class="quiet" type="button" @click=${() => (this.chosenZoom = 1)}>Show all</button>`
            : nothing
        }
      </span>
    </div>`;
  }

  private legendEntry(role: Role) {
    const isShown = !this.muted.has(role);
    return html`<button
      class="quiet entry ${role}"
      type="button"
      aria-pressed=${isShown ? 'true' : 'false'}
      @click=${() => this.toggle(role)}
    >
      <i aria-hidden="true"></i>${ROLE_NAMES[role]}
    </button>`;
  }

  private async load(fileId: string): Promise<void> {
    this.notes = null;
    this.chosenZoom = null;
    this.problem = null;
    try {
      const notes = await getNotes(fileId);
      if (fileId === this.fileId) this.notes = notes;
    } catch (thrown) {
      if (fileId === this.fileId) this.problem = problemOf(thrown);
    }
  }

  private get zoom(): number {
    return this.chosenZoom ?? firstZoom(this.notes?.duration_s ?? 0, this.viewWidth);
  }

  private get time_s(): number {
    return player.has(this.fileId) ? player.audio.currentTime : 0;
  }

  private measure(): void {
    this.viewWidth = this.view?.clientWidth ?? 0;
  }

  private arrange(): void {
    if (this.notes === null || this.viewWidth === 0) return;
    const duration_s = Math.max(this.notes.duration_s, this.sound_s);
    this.frame = frameOf({ ...this.notes, duration_s }, this.viewWidth, HEIGHT, this.zoom);
    this.boxes = boxesOf(this.notes, this.frame).filter((box) => box.role === null || !this.muted.has(box.role));
    if (this.canvas !== null) this.canvas.dataset['notes'] = String(this.boxes.length);
  }

  private readonly paint = (): void => {
    if (this.canvas === null || this.view === null || this.notes === null || this.frame === null) return;
    paintRoll(this.canvas, {
      frame: this.frame,
      boxes: this.boxes,
      bars_s: this.notes.bars_s,
      left: this.view.scrollLeft,
      viewWidth: this.viewWidth,
      playhead_s: player.has(this.fileId) ? player.audio.currentTime : null,
    });
  };

  /** Draws at each frame while this piece sounds, and once when it stops or jumps. */
  private readonly follow = (): void => {
    cancelAnimationFrame(this.ticking);
    this.paint();
    this.view?.setAttribute('aria-valuenow', String(Math.round(this.time_s)));
    this.view?.setAttribute('aria-valuetext', spokenTime(this.time_s));
    if (player.has(this.fileId) && player.isPlaying) {
      this.keepInView();
      this.ticking = requestAnimationFrame(this.follow);
    }
  };

  private keepInView(): void {
    if (this.frame === null || this.view === null || this.zoom === 1) return;
    const x = this.time_s * this.frame.pixelsPerSecond - this.view.scrollLeft;
    if (x < 0 || x > this.viewWidth * 0.9) this.view.scrollLeft += x - this.viewWidth * 0.1;
  }

  private scale(factor: number): void {
    this.chosenZoom = Math.min(MAX_ZOOM, Math.max(1, this.zoom * factor));
  }

  private toggle(role: Role): void {
    const hidden = new Set(this.muted);
    if (!hidden.delete(role)) hidden.add(role);
    this.muted = hidden;
  }

  private readonly seekTo = (event: MouseEvent): void => {
    if (this.view === null || this.frame === null) return;
    const x = event.clientX - this.view.getBoundingClientRect().left + this.view.scrollLeft;
    void player.play({ fileId: this.fileId, title: this.label }, x / this.frame.pixelsPerSecond);
  };

  private readonly skip = (event: KeyboardEvent): void => {
    const step_s = { ArrowLeft: -SKIP_S, ArrowRight: SKIP_S }[event.key];
    const piece = { fileId: this.fileId, title: this.label };
    if (event.key === ' ' || event.key === 'Enter') player.toggle(piece);
    else if (step_s !== undefined) void player.play(piece, Math.max(0, this.time_s + step_s));
    else return;
    event.preventDefault();
  };
}

function describe(notes: Notes): string {
  const total = notes.tracks.reduce((sum, track) => sum + track.notes.length, 0);
  return `${count(total, 'note')} in ${count(notes.bars_s.length, 'bar')}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'piano-roll': PianoRoll;
  }
}
