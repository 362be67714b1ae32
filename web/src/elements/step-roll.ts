import { LitElement, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { boxesOf, frameOf, type RollBox, type RollFrame } from '../music/roll';
import { player } from '../state/player';
import type { Step } from '../state/slide';
import { base } from '../style/controls';
import { paintRoll } from './roll-paint';

const HEIGHT = 200;

/**
 * The notes of one of several steps, drawn at once: all steps share one frame, so that only the notes move.
 *
 * Properties: `steps`, and `step`, the one shown.
 */
@customElement('step-roll')
export class StepRoll extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .view {
        background: var(--sheet);
        border: 1.5px solid var(--line);
        border-radius: var(--radius);
        overflow: hidden;
        height: calc(${HEIGHT}px + 3px);
      }
      canvas {
        display: block;
      }
    `,
  ];

  @property({ attribute: false }) steps: readonly Step[] = [];
  @property({ attribute: false }) step: Step | null = null;
  @query('canvas') private readonly canvas!: HTMLCanvasElement | null;
  @query('.view') private readonly view!: HTMLElement | null;

  private frame: RollFrame | null = null;
  private boxes: readonly RollBox[] = [];
  private ticking = 0;
  private width = 0;
  private readonly sizes = new ResizeObserver(() => {
    this.width = this.view?.clientWidth ?? 0;
    this.arrange();
  });
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

  override render() {
    return html`<div class="view" role="img" aria-label="Piano roll of ${this.step?.title ?? 'no step'}">
      <canvas height=${HEIGHT}></canvas>
    </div>`;
  }

  override firstUpdated(): void {
    if (this.view !== null) this.sizes.observe(this.view);
  }

  override updated(): void {
    this.arrange();
  }

  private arrange(): void {
    if (this.step === null || this.width === 0) return;
    const tracks = this.steps.flatMap(({ notes }) => notes.tracks);
    this.frame = frameOf({ ...this.step.notes, tracks }, this.width, HEIGHT, 1);
    this.boxes = boxesOf(this.step.notes, this.frame);
    if (this.canvas !== null) this.canvas.dataset['notes'] = String(this.boxes.length);
    this.paint();
  }

  private readonly paint = (): void => {
    if (this.canvas === null || this.step === null || this.frame === null) return;
    paintRoll(this.canvas, {
      frame: this.frame,
      boxes: this.boxes,
      bars_s: this.step.notes.bars_s,
      left: 0,
      viewWidth: this.width,
      playhead_s: player.has(this.step.fileId) ? player.audio.currentTime : null,
    });
  };

  private readonly follow = (): void => {
    cancelAnimationFrame(this.ticking);
    this.paint();
    if (player.isPlaying) this.ticking = requestAnimationFrame(this.follow);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'step-roll': StepRoll;
  }
}
