import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { computeLayout, layoutNotes, type NoteBox, type RollLayout } from '../../music/piano-roll-layout';
import type { InterpolationStep } from '../../state/fusion/interpolation';
import { player } from '../../state/player';
import { base } from '../../style/controls';
import { drawPianoRoll } from './piano-roll-canvas';

/**
 * Piano roll of one interpolation step. All steps share a pitch range, so that only the notes move between steps.
 *
 * Properties: `steps`, and `step`, the one to show.
 */
@customElement('interpolation-roll')
export class InterpolationRoll extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        height: 100%;
        min-width: 0;
      }
      .view {
        background: var(--sheet);
        border: 1.5px solid var(--line);
        border-radius: var(--radius);
        overflow: hidden;
        height: 100%;
        min-height: 12rem;
      }
      canvas {
        display: block;
      }
    `,
  ];

  @property({ attribute: false }) steps: readonly InterpolationStep[] = [];
  @property({ attribute: false }) step: InterpolationStep | null = null;
  @query('canvas') private readonly canvas!: HTMLCanvasElement | null;
  @query('.view') private readonly view!: HTMLElement | null;

  private layout: RollLayout | null = null;
  private boxes: readonly NoteBox[] = [];
  private animationFrame = 0;
  private width = 0;
  private height = 0;
  private readonly resizeObserver = new ResizeObserver(() => {
    this.width = this.view?.clientWidth ?? 0;
    this.height = this.view?.clientHeight ?? 0;
    this.updateLayout();
  });
  private readonly colorScheme = matchMedia('(prefers-color-scheme: dark)');

  override connectedCallback(): void {
    super.connectedCallback();
    player.addEventListener('change', this.trackPlayback);
    this.colorScheme.addEventListener('change', this.draw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    player.removeEventListener('change', this.trackPlayback);
    this.colorScheme.removeEventListener('change', this.draw);
    this.resizeObserver.disconnect();
    cancelAnimationFrame(this.animationFrame);
  }

  override render() {
    return html`<div class="view" role="img" aria-label=${msg(str`Piano roll of ${this.step?.title ?? ''}`)}>
      <canvas></canvas>
    </div>`;
  }

  override firstUpdated(): void {
    if (this.view !== null) this.resizeObserver.observe(this.view);
  }

  override updated(): void {
    this.updateLayout();
  }

  private updateLayout(): void {
    if (this.step === null || this.width === 0 || this.height === 0) return;
    const tracks = this.steps.flatMap(({ notes }) => notes.tracks);
    this.layout = computeLayout({ ...this.step.notes, tracks }, this.width, this.height, 1);
    this.boxes = layoutNotes(this.step.notes, this.layout);
    if (this.canvas !== null) this.canvas.dataset['notes'] = String(this.boxes.length);
    this.draw();
  }

  private readonly draw = (): void => {
    if (this.canvas === null || this.step === null || this.layout === null) return;
    drawPianoRoll(this.canvas, {
      layout: this.layout,
      boxes: this.boxes,
      bars_s: this.step.notes.bars_s,
      scrollLeft: 0,
      viewWidth: this.width,
      playhead_s: player.isCurrent(this.step.fileId) ? player.time_s : null,
    });
  };

  private readonly trackPlayback = (): void => {
    cancelAnimationFrame(this.animationFrame);
    this.draw();
    if (player.isPlaying) this.animationFrame = requestAnimationFrame(this.trackPlayback);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'interpolation-roll': InterpolationRoll;
  }
}
