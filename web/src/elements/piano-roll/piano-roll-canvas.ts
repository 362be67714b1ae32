/** Draws the visible part of a piano roll on a canvas. */
import type { Role } from '../../api/types';
import type { BarSource, LeadSource } from '../../music/blends/blend-sources';
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
  /** The parents that each note of the lead comes from, to color it by; all other notes are dimmed. */
  readonly leadSources?: ReadonlyMap<NoteBox, LeadSource> | null;
  /** Roles that the mixer mutes: they are dimmed. */
  readonly silentRoles?: ReadonlySet<Role>;
}

const BLACK_PITCH_CLASSES = new Set([1, 3, 6, 8, 10]);
const DIMMED_ALPHA = 0.22;
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
    const source = viewport.leadSources?.get(box);
    const isSilent = box.role !== null && viewport.silentRoles?.has(box.role) === true;
    const isDimmed = isSilent || (viewport.leadSources && !source);
    context.globalAlpha = isDimmed ? DIMMED_ALPHA : 0.5 + 0.5 * box.loudness;
    if (source && !isSilent) drawLeadNote(context, box, source, style);
    else if (box.isDrum) drawDrumHit(context, box);
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

/** Draws the upper half in the color of the parent that gave the rhythm, the lower half in that of the contour's. */
function drawLeadNote(
  context: CanvasRenderingContext2D,
  box: NoteBox,
  { rhythm, contour }: LeadSource,
  style: CSSStyleDeclaration,
): void {
  const middle = box.y + box.height / 2;
  const height = Math.max(6, box.height - 1);
  const width = Math.max(2, box.width - 1);
  context.globalAlpha = 1;
  context.fillStyle = sourceColor(rhythm, style);
  context.fillRect(box.x, middle - height / 2, width, height / 2);
  context.fillStyle = sourceColor(contour, style);
  context.fillRect(box.x, middle, width, height / 2);
}

function sourceColor(source: BarSource, style: CSSStyleDeclaration): string {
  const name = { 0: '--a', 1: '--b', between: '--mix', rest: '--other' }[source] ?? '--other';
  return style.getPropertyValue(name);
}

function drawPlayhead(context: CanvasRenderingContext2D, viewport: RollViewport, color: string): void {
  if (viewport.playhead_s === null) return;
  context.fillStyle = color;
  context.fillRect(viewport.playhead_s * viewport.layout.pixelsPerSecond - 1, 0, 2, viewport.layout.height);
}
