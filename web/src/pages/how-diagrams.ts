import { msg } from '@lit/localize';
/** The diagrams of the page "How it works", each with a title for screen readers. */
import { html, svg } from 'lit';

const PHRASE_WIDTH = 92;
const PHRASE_GAP = 14;

/** The notes of a phrase: where they start and how wide they are, and how high they are. */
interface Tune {
  readonly rhythm: readonly (readonly [x: number, width: number])[];
  readonly contour: readonly number[];
}

const TUNES_OF_A: readonly Tune[] = [
  {
    rhythm: [
      [0, 34],
      [38, 14],
      [56, 20],
    ],
    contour: [1, 3, 2],
  },
  {
    rhythm: [
      [0, 14],
      [18, 14],
      [36, 40],
    ],
    contour: [4, 3, 1],
  },
  {
    rhythm: [
      [0, 20],
      [24, 20],
      [48, 28],
    ],
    contour: [2, 1, 1],
  },
];
const TUNES_OF_B: readonly Tune[] = [
  {
    rhythm: [
      [0, 24],
      [26, 24],
      [52, 24],
    ],
    contour: [2, 1, 4],
  },
  {
    rhythm: [
      [0, 12],
      [14, 46],
      [62, 14],
    ],
    contour: [1, 4, 2],
  },
  {
    rhythm: [
      [0, 36],
      [40, 12],
      [54, 22],
    ],
    contour: [4, 2, 1],
  },
];
const NEW_TUNES = TUNES_OF_A.map(({ rhythm }, index): Tune => ({ rhythm, contour: TUNES_OF_B[index]?.contour ?? [] }));

interface Row {
  readonly y: number;
  readonly color: 'a' | 'b' | 'mix';
  readonly name: () => string;
  readonly tunes: readonly Tune[];
  /** The tune of each phrase: equal phrases have the same number. */
  readonly phrases: readonly number[];
}

const FORM_OF_A = [0, 0, 1, 0, 2];
const ROWS: readonly Row[] = [
  { y: 20, color: 'a', name: () => 'A', tunes: TUNES_OF_A, phrases: FORM_OF_A },
  { y: 130, color: 'mix', name: () => msg('new'), tunes: NEW_TUNES, phrases: FORM_OF_A },
  { y: 240, color: 'b', name: () => 'B', tunes: TUNES_OF_B, phrases: [0, 1, 2] },
];

function phraseX(index: number, nPhrases: number): number {
  const width = nPhrases * PHRASE_WIDTH + (nPhrases - 1) * PHRASE_GAP;
  return 90 + (622 - width) / 2 + index * (PHRASE_WIDTH + PHRASE_GAP);
}

function renderPhrase(row: Row, tuneIndex: number, index: number) {
  const x = phraseX(index, row.phrases.length);
  const { rhythm, contour } = row.tunes[tuneIndex] ?? { rhythm: [], contour: [] };
  return svg`<g class=${row.color}>
    <rect class="frame" x=${x} y=${row.y} width=${PHRASE_WIDTH} height="60" />
    ${rhythm.map(([start, width], note) => svg`<rect class="ink" x=${x + 8 + start} y=${row.y + 54 - (contour[note] ?? 1) * 11} width=${width} height="6" rx="2" />`)}
  </g>`;
}

function renderRowName(row: Row) {
  return svg`<text class="name ${row.color}" x="72" y=${row.y + 40} text-anchor="end">${row.name()}</text>`;
}

function renderConnections(tuneIndex: number, index: number) {
  const middle = phraseX(index, FORM_OF_A.length) + PHRASE_WIDTH / 2;
  const b = phraseX(tuneIndex, TUNES_OF_B.length) + PHRASE_WIDTH / 2;
  return svg`<path class="connection a" d="M${middle} 82V128" />
    <path class="connection b" d="M${b} 238C${b} 214 ${middle} 216 ${middle} 192" />`;
}

export function phrasesDiagram() {
  return html`<svg viewBox="0 0 720 320" role="img" aria-labelledby="phrases-title">
    <title id="phrases-title">
      ${msg('Five phrases of piece A above, of which the first returns twice; three phrases of piece B below. The blend between them has the phrases of A in their order. Each has the rhythm of its phrase of A and the contour of one of B, and where A repeats a phrase, the blend repeats its own.')}
    </title>
    ${FORM_OF_A.map(renderConnections)}
    ${ROWS.map((row) => [renderRowName(row), ...row.phrases.map((tune, index) => renderPhrase(row, tune, index))])}
  </svg>`;
}

type Source = 'a' | 'b' | 'mix';

/** By ingredient, the source of each of four phrases. */
const SOURCES: readonly (readonly [name: () => string, sources: readonly Source[]])[] = [
  [() => msg('Form'), ['a', 'a', 'a', 'a']],
  [() => msg('Chords'), ['a', 'b', 'b', 'a']],
  [() => msg('Melody rhythm'), ['a', 'b', 'a', 'b']],
  [() => msg('Melody contour'), ['b', 'a', 'b', 'a']],
  [() => msg('Bass line'), ['a', 'a', 'b', 'b']],
  [() => msg('Accompaniment'), ['b', 'b', 'b', 'b']],
  [() => msg('Groove'), ['mix', 'mix', 'mix', 'mix']],
];
const SOURCE_LABELS: Readonly<Record<Source, () => string>> = { a: () => 'A', b: () => 'B', mix: () => msg('between') };
const CELL_WIDTH = 118;
const CELL_HEIGHT = 34;

function renderSourceRow([name, sources]: (typeof SOURCES)[number], row: number) {
  const y = 12 + row * (CELL_HEIGHT + 6);
  return svg`<text class="annotation" x="6" y=${y + 24}>${name()}</text>
    ${sources.map((source, phrase) => renderCell(source, 214 + phrase * (CELL_WIDTH + 6), y))}`;
}

function renderCell(source: Source, x: number, y: number) {
  return svg`<g class=${source}>
    <rect class="tint" x=${x} y=${y} width=${CELL_WIDTH} height=${CELL_HEIGHT} />
    <text class="cell" x=${x + CELL_WIDTH / 2} y=${y + 25} text-anchor="middle">${SOURCE_LABELS[source]()}</text>
  </g>`;
}

export function ingredientsDiagram() {
  return html`<svg viewBox="0 0 720 292" role="img" aria-labelledby="ingredients-title">
    <title id="ingredients-title">
      ${msg('Four phrases of a blend. The form is from A, the accompaniment from B, the groove between them; chords, melody rhythm, melody contour and bass line change between A and B from phrase to phrase.')}
    </title>
    ${SOURCES.map(renderSourceRow)}
  </svg>`;
}

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

export function arcDiagram() {
  return html`<svg viewBox="0 0 720 270" role="img" aria-labelledby="arc-title">
    <title id="arc-title">${msg('An arc from point A to point B, with blends at 25, 50 and 75 percent.')}</title>
    <path class="arc" d="M${ARC_X} ${ARC_Y}A${Math.hypot(230, 120)} ${Math.hypot(230, 120)} 0 0 1 590 210" />
    <path class="straight" d="M130 210H590" />
    <text class="annotation" x="360" y="238" text-anchor="middle">${msg('a straight line would blur the notes')}</text>
    ${[0, 0.25, 0.5, 0.75, 1].map(renderWeight)}
  </svg>`;
}

const CANDIDATES = [44, 78, 60, 124, 52, 90, 70];
const BEST_INDEX = 3;
const BASELINE_Y = 190;

function renderCandidate(score: number, index: number) {
  const x = 206 + index * 46;
  const isBest = index === BEST_INDEX;
  return svg`<rect class=${isBest ? 'ink best' : 'ink other'} x=${x} y=${BASELINE_Y - score} width="26" height=${score} rx="2" />`;
}

export function generationDiagram() {
  return html`<svg viewBox="0 0 720 240" role="img" aria-labelledby="generation-title">
    <title id="generation-title">
      ${msg('A seed and a style give seven candidates. A bar shows the score of each; the one with the highest score is selected.')}
    </title>
    <text class="name" x="76" y="120" text-anchor="middle">${msg('seed')}</text>
    <text class="name" x="76" y="152" text-anchor="middle">${msg('style')}</text>
    <path class="arrow" d="M122 132H180M170 124L180 132L170 140" />
    <path class="baseline" d="M194 ${BASELINE_Y}H522" />
    ${CANDIDATES.map(renderCandidate)}
    <text class="annotation" x="358" y="220" text-anchor="middle">${msg('score of each candidate')}</text>
    <path class="arrow" d="M357 56C357 20 620 20 632 104M622 94L632 104L641 93" />
    <text class="name" x="632" y="140" text-anchor="middle">${msg('your piece')}</text>
  </svg>`;
}
