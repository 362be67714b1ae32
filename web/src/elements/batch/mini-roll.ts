import { LitElement, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { Notes } from '../../api/types';
import { computeLayout, layoutNotes, type NoteBox, type RollLayout } from '../../music/piano-roll-layout';
import { player } from '../../state/player';
import { drawPianoRoll } from '../piano-roll/piano-roll-canvas';

const HEIGHT = 104;

/**
 * All notes of a piece in a small picture, with a playhead while it plays. Attribute: `file-id`. Property: `notes`.
 *
 * It has nothing to operate and no text: what it shows is named beside it.
 */
@customElement('mini-roll')
export class MiniRoll extends LitElement {
  static override readonly styles = css`
    :host {
      display: block;
      height: ${HEIGHT}px;
      overflow: hidden;
      background: var(--sheet);
    }
    canvas {
      display: block;
    }
  `;

  @property({ attribute: 'file-id' }) fileId = '';
  @property({ attribute: false }) notes: Notes | null = null;
  @query('canvas') private readonly canvas!: HTMLCanvasElement;
  private layout: RollLayout | null = null;
  private boxes: readonly NoteBox[] = [];
  private animationFrame = 0;
  private readonly resizeObserver = new ResizeObserver(() => this.arrange());
  private readonly colorScheme = matchMedia('(prefers-color-scheme: dark)');

  override connectedCallback(): void {
    super.connectedCallback();
    this.resizeObserver.observe(this);
    player.addEventListener('change', this.draw);
    this.colorScheme.addEventListener('change', this.draw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resizeObserver.disconnect();
    player.removeEventListener('change', this.draw);
    this.colorScheme.removeEventListener('change', this.draw);
    cancelAnimationFrame(this.animationFrame);
  }

  override render() {
    return html`<canvas aria-hidden="true" data-notes=${this.boxes.length}></canvas>`;
  }

  override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('notes')) this.arrange();
  }

  private arrange(): void {
    if (this.notes === null || this.clientWidth === 0) return;
    this.layout = computeLayout(this.notes, this.clientWidth, HEIGHT, 1);
    this.boxes = layoutNotes(this.notes, this.layout);
    this.canvas.dataset['notes'] = String(this.boxes.length);
    this.draw();
  }

  private readonly draw = (): void => {
    cancelAnimationFrame(this.animationFrame);
    if (this.layout === null) return;
    const isCurrent = player.isCurrent(this.fileId);
    drawPianoRoll(this.canvas, {
      layout: this.layout,
      boxes: this.boxes,
      bars_s: [],
      scrollLeft: 0,
      viewWidth: this.clientWidth,
      playhead_s: isCurrent ? player.time_s : null,
    });
    if (isCurrent && player.isPlaying) this.animationFrame = requestAnimationFrame(this.draw);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'mini-roll': MiniRoll;
  }
}
