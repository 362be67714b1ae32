/** The diagrams of the page "How it works", each with a title for screen readers. */
import { html, svg } from 'lit';

const WINDOW_WIDTH = 92;
const WINDOW_GAP = 14;

interface Row {
  readonly y: number;
  readonly color: 'a' | 'b' | 'mix';
  readonly name: string;
  readonly nWindows: number;
}

const ROWS: readonly Row[] = [
  { y: 20, color: 'a', name: 'A', nWindows: 6 },
  { y: 130, color: 'mix', name: 'new', nWindows: 5 },
  { y: 240, color: 'b', name: 'B', nWindows: 4 },
];

/** The windows of A and of B that are blended for each new window. */
const ALIGNMENT: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0],
  [3, 1],
  [4, 2],
  [5, 3],
];

/** Pitch offsets of the four notes in a window. */
const MELODIES: readonly (readonly number[])[] = [
  [4, 2, 3, 1],
  [1, 3, 2, 4],
  [3, 3, 1, 2],
  [2, 4, 4, 1],
  [1, 2, 3, 3],
  [4, 1, 2, 3],
];

function windowX(index: number, nWindows: number): number {
  const width = nWindows * WINDOW_WIDTH + (nWindows - 1) * WINDOW_GAP;
  return 90 + (622 - width) / 2 + index * (WINDOW_WIDTH + WINDOW_GAP);
}

function renderWindow(row: Row, index: number) {
  const x = windowX(index, row.nWindows);
  const melody = MELODIES[(index + row.y) % MELODIES.length] ?? [];
  return svg`<g class=${row.color}>
    <rect class="frame" x=${x} y=${row.y} width=${WINDOW_WIDTH} height="60" />
    ${melody.map((pitch, beat) => svg`<rect class="ink" x=${x + 8 + beat * 20} y=${row.y + 52 - pitch * 11} width="16" height="6" rx="2" />`)}
  </g>`;
}

function renderRowName(row: Row) {
  return svg`<text class="name ${row.color}" x="72" y=${row.y + 40} text-anchor="end">${row.name}</text>`;
}

function renderConnections([fromA, fromB]: readonly [number, number], index: number) {
  const middle = windowX(index, 5) + WINDOW_WIDTH / 2;
  const a = windowX(fromA, 6) + WINDOW_WIDTH / 2;
  const b = windowX(fromB, 4) + WINDOW_WIDTH / 2;
  return svg`<path class="connection a" d="M${a} 82C${a} 106 ${middle} 104 ${middle} 128" />
    <path class="connection b" d="M${b} 238C${b} 214 ${middle} 216 ${middle} 192" />`;
}

export const windowsDiagram = html`<svg viewBox="0 0 720 320" role="img" aria-labelledby="windows-title">
  <title id="windows-title">
    Six windows of piece A above, four windows of piece B below; each of five new windows between them is made from one
    window of A and one of B.
  </title>
  ${ALIGNMENT.map(renderConnections)}
  ${ROWS.map((row) => [renderRowName(row), ...Array.from({ length: row.nWindows }, (_, index) => renderWindow(row, index))])}
</svg>`;

/** Returns the point of a weight on the arc from (130, 210) to (590, 210) around (360, 330). */
function arcPoint(weight: number): readonly [number, number] {
  const [start, end] = [Math.atan2(-120, -230), Math.atan2(-120, 230)];
  const angle = start + (end - start) * weight;
  const radius = Math.hypot(230, 120);
  return [360 + radius * Math.cos(angle), 330 + radius * Math.sin(angle)];
}

function renderWeight(weight: number) {
  const [x, y] = arcPoint(weight);
  const color = weight === 0 ? 'a' : weight === 1 ? 'b' : 'mix';
  const label = weight === 0 ? 'A' : weight === 1 ? 'B' : `${weight * 100}%`;
  return svg`<g class=${color}>
    <ellipse class="ink" cx=${x} cy=${y} rx="14" ry="10" transform="rotate(-24 ${x} ${y})" />
    <text class="name" x=${x} y=${y - 24} text-anchor="middle">${label}</text>
  </g>`;
}

const [ARC_X, ARC_Y] = arcPoint(0);

export const arcDiagram = html`<svg viewBox="0 0 720 270" role="img" aria-labelledby="arc-title">
  <title id="arc-title">An arc from point A to point B, with blends at 25, 50 and 75 percent.</title>
  <path class="arc" d="M${ARC_X} ${ARC_Y}A${Math.hypot(230, 120)} ${Math.hypot(230, 120)} 0 0 1 590 210" />
  <path class="straight" d="M130 210H590" />
  <text class="annotation" x="360" y="238" text-anchor="middle">a straight line would blur the notes</text>
  ${[0, 0.25, 0.5, 0.75, 1].map(renderWeight)}
</svg>`;

const CANDIDATES = [44, 78, 60, 124, 52, 90, 70];
const BEST_INDEX = 3;
const BASELINE_Y = 190;

function renderCandidate(score: number, index: number) {
  const x = 206 + index * 46;
  const isBest = index === BEST_INDEX;
  return svg`<rect class=${isBest ? 'ink best' : 'ink other'} x=${x} y=${BASELINE_Y - score} width="26" height=${score} rx="2" />`;
}

export const generationDiagram = html`<svg viewBox="0 0 720 240" role="img" aria-labelledby="generation-title">
  <title id="generation-title">
    A seed and a style give seven candidates. A bar shows the score of each; the one with the highest score is selected.
  </title>
  <text class="name" x="76" y="120" text-anchor="middle">seed</text>
  <text class="name" x="76" y="152" text-anchor="middle">style</text>
  <path class="arrow" d="M122 132H180M170 124L180 132L170 140" />
  <path class="baseline" d="M194 ${BASELINE_Y}H522" />
  ${CANDIDATES.map(renderCandidate)}
  <text class="annotation" x="358" y="220" text-anchor="middle">score of each candidate</text>
  <path class="arrow" d="M357 56C357 20 620 20 632 104M622 94L632 104L641 93" />
  <text class="name" x="632" y="140" text-anchor="middle">your piece</text>
</svg>`;
