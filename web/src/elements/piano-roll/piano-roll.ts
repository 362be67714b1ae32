import { msg, str } from '@lit/localize';
import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import { toProblem } from '../../api/problem';
import type { Notes, Problem } from '../../api/types';
import { barAt, leadSource, type BlendSources, type LeadSource } from '../../music/blends/blend-sources';
import { formatCount, formatDuration } from '../../music/format';
import { roleGain } from '../../music/mix';
import {
  computeLayout,
  initialZoom,
  layoutNotes,
  type NoteBox,
  type RollLayout,
  presentRoles,
} from '../../music/piano-roll-layout';
import { ROLES } from '../../music/roles';
import { cachedNotes } from '../../state/fusion/notes-cache';
import { player } from '../../state/player';
import { stemPlayer } from '../../state/playback/stem-player';
import { base, buttons } from '../../style/controls';
import { drawPianoRoll } from './piano-roll-canvas';
import { pianoRollStyle } from './piano-roll-style';
import '../common/error-message';
import '../player/stem-mixer';

const HEIGHT = 340;
const ZOOM_STEP = 1.6;
const MAX_ZOOM = 24;
const SKIP_S = 2;

/**
 * The notes of a piece on a canvas, colored by role, with a playhead and the mixer as its legend. A click seeks.
 *
 * Attributes: `file-id`, `label`, and `fill`, by which it is as high as its place. Properties: `audioDuration_s`, the
 * duration of the audio, with its reverb tail longer than the notes: it aligns the roll with a waveform of the same
 * width; `sources`, by which the lead can be colored. Event: `notes-load`, detail the notes.
 */
@customElement('piano-roll')
export class PianoRoll extends LitElement {
  static override readonly styles = [base, buttons, pianoRollStyle];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';
  @property({ type: Boolean, reflect: true }) fill = false;
  @property({ attribute: false }) audioDuration_s = 0;
  @property({ attribute: false }) sources: BlendSources | null = null;
  @state() private notes: Notes | null = null;
  @state() private problem: Problem | null = null;
  /** Null until the user chooses. */
  @state() private chosenZoom: number | null = null;
  @state() private viewWidth = 0;
  @state() private viewHeight = 0;
  @state() private showsSources = false;
  @query('canvas') private readonly canvas!: HTMLCanvasElement | null;
  @query('.view') private readonly view!: HTMLElement | null;
  @query('.playhead') private readonly playhead!: HTMLElement | null;

  private layout: RollLayout | null = null;
  private boxes: readonly NoteBox[] = [];
  private leadSources: ReadonlyMap<NoteBox, LeadSource> | null = null;
  private animationFrame = 0;
  private readonly resizeObserver = new ResizeObserver(() => this.updateViewSize());
  private readonly colorScheme = matchMedia('(prefers-color-scheme: dark)');

  /** Whether the view scrolls with the music; the key F changes it. */
  private isFollowing = true;

  override connectedCallback(): void {
    super.connectedCallback();
    player.addEventListener('change', this.trackPlayback);
    stemPlayer.addEventListener('change', this.draw);
    this.colorScheme.addEventListener('change', this.draw);
    window.addEventListener('roll-zoom', this.onZoomKey);
    window.addEventListener('roll-follow', this.onFollowKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    player.removeEventListener('change', this.trackPlayback);
    stemPlayer.removeEventListener('change', this.draw);
    this.colorScheme.removeEventListener('change', this.draw);
    window.removeEventListener('roll-zoom', this.onZoomKey);
    window.removeEventListener('roll-follow', this.onFollowKey);
    this.resizeObserver.disconnect();
    cancelAnimationFrame(this.animationFrame);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('fileId')) void this.load(this.fileId);
  }

  override render() {
    if (this.problem !== null)
      return html`<error-message .problem=${this.problem} .retry=${() => this.load(this.fileId)}></error-message>`;
    const { notes } = this;
    return html`${this.renderTools(notes)}
    ${notes === null ? html`<div class="view empty" role="status">${msg('Loading the notes…')}</div>` : this.renderView(notes)}`;
  }

  override updated(): void {
    if (this.view !== null) this.resizeObserver.observe(this.view);
    this.updateLayout();
    this.draw();
  }

  private renderView(notes: Notes) {
    return html`<div
      class="view"
      role="slider"
      tabindex="0"
      aria-label=${msg(str`Piano roll of ${this.label}: ${describeNotes(notes)}`)}
      aria-valuemin="0"
      aria-valuemax=${Math.round(notes.duration_s)}
      aria-valuenow=${Math.round(this.time_s)}
      aria-valuetext=${formatDuration(this.time_s)}
      @scroll=${this.draw}
      @click=${this.onSeek}
      @keydown=${this.onKeyDown}
    >
      <div class="length" style=${styleMap({ width: `${this.viewWidth * this.zoom}px` })}>
        <canvas height=${this.viewHeight} data-notes=${this.boxes.length}></canvas>
        <div class="playhead" hidden></div>
      </div>
    </div>`;
  }

  private renderTools(notes: Notes | null) {
    const hasLead = notes !== null && presentRoles(notes).has('lead');
    return html`<div class="tools">
      <stem-mixer compact file-id=${this.fileId} label=${this.label}></stem-mixer>
      ${this.sources !== null && hasLead ? this.renderSourceToggle() : nothing}
      <span class="zoom">
        <button class="quiet" type="button" aria-label=${msg('Zoom out')} @click=${() => this.zoomBy(1 / ZOOM_STEP)}>
          −
        </button>
        <button class="quiet" type="button" aria-label=${msg('Zoom in')} @click=${() => this.zoomBy(ZOOM_STEP)}>
          +
        </button>
        <button
          class="quiet"
          type="button"
          aria-disabled=${this.zoom > 1 ? 'false' : 'true'}
          @click=${() => (this.chosenZoom = 1)}
        >
          ${msg('Show all')}
        </button>
      </span>
    </div>`;
  }

  private renderSourceToggle() {
    return html`<span class="sources">
      <button
        class="quiet"
        type="button"
        aria-pressed=${this.showsSources ? 'true' : 'false'}
        title=${msg('Upper half: rhythm, lower half: contour')}
        @click=${() => (this.showsSources = !this.showsSources)}
      >
        <i aria-hidden="true"></i>${msg('Lead by parent')}
      </button>
    </span>`;
  }

  private async load(fileId: string): Promise<void> {
    this.notes = null;
    this.chosenZoom = null;
    this.problem = null;
    try {
      const notes = await cachedNotes(fileId);
      if (fileId !== this.fileId) return;
      this.notes = notes;
      this.dispatchEvent(new CustomEvent('notes-load', { detail: notes }));
    } catch (error) {
      if (fileId === this.fileId) this.problem = toProblem(error);
    }
  }

  private get zoom(): number {
    return this.chosenZoom ?? initialZoom(this.notes?.duration_s ?? 0, this.viewWidth);
  }

  private get time_s(): number {
    return player.isCurrent(this.fileId) ? player.time_s : 0;
  }

  private updateViewSize(): void {
    this.viewWidth = this.view?.clientWidth ?? 0;
    this.viewHeight = this.fill ? (this.view?.clientHeight ?? 0) : HEIGHT;
  }

  private updateLayout(): void {
    if (this.notes === null || this.viewWidth === 0 || this.viewHeight === 0) return;
    const duration_s = Math.max(this.notes.duration_s, this.audioDuration_s);
    this.layout = computeLayout({ ...this.notes, duration_s }, this.viewWidth, this.viewHeight, this.zoom);
    this.boxes = layoutNotes(this.notes, this.layout);
    this.leadSources = this.showsSources ? this.findLeadSources(this.notes, this.layout) : null;
    if (this.canvas !== null) this.canvas.dataset['notes'] = String(this.boxes.length);
  }

  private findLeadSources({ bars_s }: Notes, { pixelsPerSecond }: RollLayout): ReadonlyMap<NoteBox, LeadSource> {
    const entries = this.boxes.flatMap((box): [NoteBox, LeadSource][] => {
      const source =
        box.role === 'lead' && this.sources ? leadSource(this.sources, barAt(bars_s, box.x / pixelsPerSecond)) : null;
      return source === null ? [] : [[box, source]];
    });
    return new Map(entries);
  }

  private readonly draw = (): void => {
    if (this.canvas === null || this.view === null || this.notes === null || this.layout === null) return;
    drawPianoRoll(this.canvas, {
      layout: this.layout,
      boxes: this.boxes,
      bars_s: this.notes.bars_s,
      scrollLeft: this.view.scrollLeft,
      viewWidth: this.viewWidth,
      playhead_s: null,
      leadSources: this.leadSources,
      silentRoles: new Set(ROLES.filter((role) => roleGain(stemPlayer.mix(this.fileId), role) === 0)),
    });
    this.movePlayhead();
  };

  /** The playhead is an element of its own: the notes are drawn only when they move. */
  private movePlayhead(): void {
    if (this.playhead === null || this.layout === null) return;
    this.playhead.hidden = !player.isCurrent(this.fileId);
    this.playhead.style.translate = `${this.time_s * this.layout.pixelsPerSecond - 1}px`;
  }

  /** Moves the playhead in each frame while this piece plays, and once when it stops or seeks. */
  private readonly trackPlayback = (): void => {
    cancelAnimationFrame(this.animationFrame);
    this.movePlayhead();
    this.view?.setAttribute('aria-valuenow', String(Math.round(this.time_s)));
    this.view?.setAttribute('aria-valuetext', formatDuration(this.time_s));
    if (player.isCurrent(this.fileId) && player.isPlaying) {
      this.scrollToPlayhead();
      this.animationFrame = requestAnimationFrame(this.trackPlayback);
    }
  };

  private scrollToPlayhead(): void {
    if (this.layout === null || this.view === null || this.zoom === 1 || !this.isFollowing) return;
    const x = this.time_s * this.layout.pixelsPerSecond - this.view.scrollLeft;
    if (x < 0 || x > this.viewWidth * 0.9) this.view.scrollLeft += x - this.viewWidth * 0.1;
  }

  private zoomBy(factor: number): void {
    this.chosenZoom = Math.min(MAX_ZOOM, Math.max(1, this.zoom * factor));
  }

  private readonly onZoomKey = (event: Event): void => {
    this.zoomBy((event as CustomEvent<number>).detail > 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
  };

  private readonly onFollowKey = (): void => {
    this.isFollowing = !this.isFollowing;
  };

  private readonly onSeek = (event: MouseEvent): void => {
    if (this.view === null || this.layout === null) return;
    const x = event.clientX - this.view.getBoundingClientRect().left + this.view.scrollLeft;
    void player.play({ fileId: this.fileId, title: this.label }, x / this.layout.pixelsPerSecond);
  };

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const step_s = { ArrowLeft: -SKIP_S, ArrowRight: SKIP_S }[event.key];
    const piece = { fileId: this.fileId, title: this.label };
    if (event.key === ' ' || event.key === 'Enter') player.toggle(piece);
    else if (step_s !== undefined) void player.play(piece, Math.max(0, this.time_s + step_s));
    else return;
    event.preventDefault();
  };
}

function describeNotes(notes: Notes): string {
  const total = notes.tracks.reduce((sum, track) => sum + track.notes.length, 0);
  const bars = formatCount(notes.bars_s.length, 'bar');
  return msg(str`${formatCount(total, 'note')} in ${bars}`);
}

declare global {
  interface HTMLElementTagNameMap {
    'piano-roll': PianoRoll;
  }
}
