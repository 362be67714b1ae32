/** Draws the visible part of a piano roll on a canvas. */
import type { Role } from '../../api/types';
import { barNumberStride, pitchY, type NoteBox, type RollLayout } from '../../music/piano-roll-layout';

export interface RollViewport {
  readonly layout: RollLayout;
  readonly boxes: readonly NoteBox[];
  readonly bars_s: readonly number[];
  /** The horizontal scroll position in CSS pixels. */
  readonly scrollLeft: number;
  readonly viewWidth: number;
  /** Null for no playhead. */
  readonly playhead_s: number | null;
}

const BLACK_PITCH_CLASSES = new Set([1, 3, 6, 8, 10]);
const COLOR_NAMES: readonly (Role | 'other')[] = ['lead', 'harmony', 'bass', 'drums', 'other'];

export function drawPianoRoll(canvas: HTMLCanvasElement, viewport: RollViewport): void {
  const scale = devicePixelRatio;
  const { height } = viewport.layout;
  canvas.width = Math.round(viewport.viewWidth * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${viewport.viewWidth}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const style = getComputedStyle(canvas);
  drawRows(context, viewport, style.getPropertyValue('--well'));
  context.translate(-viewport.scrollLeft, 0);
  drawBarLines(context, viewport, style);
  drawNotes(context, viewport, style);
  drawPlayhead(context, viewport, style.getPropertyValue('--ink'));
}

/** Shades the rows of the black keys, and every other drum row. */
function drawRows(context: CanvasRenderingContext2D, { layout: layout, viewWidth }: RollViewport, color: string): void {
  context.fillStyle = color;
  for (let pitch = layout.low; pitch <= layout.high; pitch += 1) {
    if (BLACK_PITCH_CLASSES.has(pitch % 12)) context.fillRect(0, pitchY(pitch, layout), viewWidth, layout.rowHeight);
  }
  for (let row = 0; layout.drumRowHeight > 0 && row < 9; row += 2) {
    context.fillRect(0, layout.drumY + row * layout.drumRowHeight, viewWidth, layout.drumRowHeight);
  }
}

function drawBarLines(context: CanvasRenderingContext2D, viewport: RollViewport, style: CSSStyleDeclaration): void {
  const { layout: layout, bars_s } = viewport;
  const stride = barNumberStride(bars_s, layout.pixelsPerSecond);
  context.font = `600 11px ${style.getPropertyValue('--text')}`;
  bars_s.forEach((bar_s, index) => {
    const x = Math.round(bar_s * layout.pixelsPerSecond);
    if (index % stride !== 0 || x < viewport.scrollLeft - 40 || x > viewport.scrollLeft + viewport.viewWidth) return;
    context.fillStyle = style.getPropertyValue('--line');
    context.fillRect(x, 0, 1, layout.height);
    context.fillStyle = style.getPropertyValue('--ink-soft');
    context.fillText(String(index + 1), x + 4, 12);
  });
}

function drawNotes(context: CanvasRenderingContext2D, viewport: RollViewport, style: CSSStyleDeclaration): void {
  const colors = new Map(COLOR_NAMES.map((name) => [name, style.getPropertyValue(`--${name}`)]));
  for (const box of viewport.boxes) {
    if (box.x > viewport.scrollLeft + viewport.viewWidth || box.x + box.width < viewport.scrollLeft) continue;
    context.fillStyle = colors.get(box.role ?? 'other') ?? '#000';
    context.globalAlpha = 0.5 + 0.5 * box.loudness;
    if (box.isDrum) drawDrumHit(context, box);
    else drawNote(context, box);
  }
  context.globalAlpha = 1;
}

/** Draws a diamond at the onset: the duration of a drum note has no meaning. */
function drawDrumHit(context: CanvasRenderingContext2D, box: NoteBox): void {
  const radius = Math.max(2.5, box.height * 0.4);
  const middle = box.y + box.height / 2;
  context.beginPath();
  context.moveTo(box.x, middle - radius);
  context.lineTo(box.x + radius, middle);
  context.lineTo(box.x, middle + radius);
  context.lineTo(box.x - radius, middle);
  context.fill();
}

function drawNote(context: CanvasRenderingContext2D, box: NoteBox): void {
  const height = Math.max(3, box.height - 1);
  const width = Math.max(2, box.width - 1);
  context.beginPath();
  context.roundRect(box.x, box.y + (box.height - height) / 2, width, height, Math.min(2.5, width / 2));
  context.fill();
}

function drawPlayhead(context: CanvasRenderingContext2D, viewport: RollViewport, color: string): void {
  if (viewport.playhead_s === null) return;
  context.fillStyle = color;
  context.fillRect(viewport.playhead_s * viewport.layout.pixelsPerSecond - 1, 0, 2, viewport.layout.height);
}
