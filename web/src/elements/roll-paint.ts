/** Draws the visible part of a piano roll. */
import type { Role } from '../api/contract';
import { barStride, pitchTop, type RollBox, type RollFrame } from '../music/roll';

export interface RollScene {
  readonly frame: RollFrame;
  readonly boxes: readonly RollBox[];
  readonly bars_s: readonly number[];
  /** How far the view is scrolled, in CSS pixels. */
  readonly left: number;
  readonly viewWidth: number;
  /** Null: no playhead. */
  readonly playhead_s: number | null;
}

const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);
const NAMES: readonly (Role | 'other')[] = ['lead', 'harmony', 'bass', 'drums', 'other'];

export function paintRoll(canvas: HTMLCanvasElement, scene: RollScene): void {
  const scale = devicePixelRatio;
  const { height } = scene.frame;
  canvas.width = Math.round(scene.viewWidth * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${scene.viewWidth}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const ink = getComputedStyle(canvas);
  paintRows(pen, scene, ink.getPropertyValue('--well'));
  pen.translate(-scene.left, 0);
  paintBars(pen, scene, ink);
  paintBoxes(pen, scene, ink);
  paintPlayhead(pen, scene, ink.getPropertyValue('--ink'));
}

/** The rows of the black keys, as on a keyboard, and the drum lanes. */
function paintRows(pen: CanvasRenderingContext2D, { frame, viewWidth }: RollScene, colour: string): void {
  pen.fillStyle = colour;
  for (let pitch = frame.low; pitch <= frame.high; pitch += 1) {
    if (BLACK_KEYS.has(pitch % 12)) pen.fillRect(0, pitchTop(pitch, frame), viewWidth, frame.rowHeight);
  }
  for (let row = 0; frame.drumRowHeight > 0 && row < 9; row += 2) {
    pen.fillRect(0, frame.drumTop + row * frame.drumRowHeight, viewWidth, frame.drumRowHeight);
  }
}

function paintBars(pen: CanvasRenderingContext2D, scene: RollScene, ink: CSSStyleDeclaration): void {
  const { frame, bars_s } = scene;
  const stride = barStride(bars_s, frame.pixelsPerSecond);
  pen.font = `600 11px ${ink.getPropertyValue('--text')}`;
  bars_s.forEach((bar_s, index) => {
    const x = Math.round(bar_s * frame.pixelsPerSecond);
    if (index % stride !== 0 || x < scene.left - 40 || x > scene.left + scene.viewWidth) return;
    pen.fillStyle = ink.getPropertyValue('--line');
    pen.fillRect(x, 0, 1, frame.height);
    pen.fillStyle = ink.getPropertyValue('--ink-soft');
    pen.fillText(String(index + 1), x + 4, 12);
  });
}

function paintBoxes(pen: CanvasRenderingContext2D, scene: RollScene, ink: CSSStyleDeclaration): void {
  const colours = new Map(NAMES.map((name) => [name, ink.getPropertyValue(`--${name}`)]));
  for (const box of scene.boxes) {
    if (box.x > scene.left + scene.viewWidth || box.x + box.width < scene.left) continue;
    pen.fillStyle = colours.get(box.role ?? 'other') ?? '#000';
    pen.globalAlpha = 0.5 + 0.5 * box.loudness;
    if (box.isDrum) paintHit(pen, box);
    else paintNote(pen, box);
  }
  pen.globalAlpha = 1;
}

/** A drum has no length that matters: a diamond where it is struck. */
function paintHit(pen: CanvasRenderingContext2D, box: RollBox): void {
  const radius = Math.max(2.5, box.height * 0.4);
  const middle = box.y + box.height / 2;
  pen.beginPath();
  pen.moveTo(box.x, middle - radius);
  pen.lineTo(box.x + radius, middle);
  pen.lineTo(box.x, middle + radius);
  pen.lineTo(box.x - radius, middle);
  pen.fill();
}

function paintNote(pen: CanvasRenderingContext2D, box: RollBox): void {
  const height = Math.max(3, box.height - 1);
  const width = Math.max(2, box.width - 1);
  pen.beginPath();
  pen.roundRect(box.x, box.y + (box.height - height) / 2, width, height, Math.min(2.5, width / 2));
  pen.fill();
}

function paintPlayhead(pen: CanvasRenderingContext2D, scene: RollScene, colour: string): void {
  if (scene.playhead_s === null) return;
  pen.fillStyle = colour;
  pen.fillRect(scene.playhead_s * scene.frame.pixelsPerSecond - 1, 0, 2, scene.frame.height);
}
