/** The picture of two staves that become one: pure geometry, in a box of 1200 by 380. */

export const STRANDS_WIDTH = 1200;
export const STRANDS_HEIGHT = 380;

const LINES = 5;
const LINE_GAP = 17;
const STEP = 12;

export interface NoteHead {
  readonly x: number;
  readonly y: number;
  readonly stemUp: boolean;
}

export type Strand = 'a' | 'b';

const START_Y: Readonly<Record<Strand, number>> = { a: 96, b: 296 };
const MEETING_Y = 190;
/** Where the staves begin to lean and where they are one. */
const LEAN_FROM = 260;
const ONE_FROM = 860;

/** [x, staff position]: 0 is the top line, 8 the bottom one, odd ones lie in the spaces. */
const MELODIES: Readonly<Record<Strand, readonly (readonly [number, number])[]>> = {
  a: [
    [70, 6],
    [150, 4],
    [225, 2],
    [310, 3],
    [395, 1],
    [480, 4],
    [570, 5],
    [660, 2],
    [750, 3],
    [840, 1],
    [930, 5],
    [1015, 3],
    [1100, 1],
  ],
  b: [
    [100, 1],
    [190, 3],
    [270, 6],
    [350, 7],
    [440, 4],
    [530, 6],
    [615, 3],
    [705, 5],
    [795, 7],
    [937, 5],
    [1022, 3],
    [1107, 1],
  ],
};

/** Height of a staff position at x: a smooth lean towards the meeting line, with a wave that dies away. */
export function staffY(strand: Strand, position: number, x: number): number {
  const there = smooth((x - LEAN_FROM) / (ONE_FROM - LEAN_FROM));
  const sign = strand === 'a' ? 1 : -1;
  const wave = Math.sin((x / STRANDS_WIDTH) * Math.PI * 3.2 + (strand === 'a' ? 0 : 1.1)) * 20 * (1 - there);
  const middle = START_Y[strand] + (MEETING_Y - START_Y[strand]) * there;
  // The lines cross on the way, as two threads do before they hold.
  const crossing = Math.sin(there * Math.PI) * 46 * sign;
  return middle + wave + crossing + (position - 4) * (LINE_GAP / 2);
}

function smooth(t: number): number {
  const clamped = Math.min(1, Math.max(0, t));
  return clamped * clamped * (3 - 2 * clamped);
}

/** The five lines of one staff as SVG path data. */
export function staffPaths(strand: Strand): readonly string[] {
  return Array.from({ length: LINES }, (_, line) => {
    const points = Array.from({ length: STRANDS_WIDTH / STEP + 1 }, (_point, index) => {
      const x = index * STEP;
      return `${x} ${staffY(strand, line * 2, x).toFixed(1)}`;
    });
    return `M${points.join('L')}`;
  });
}

export function noteHeads(strand: Strand): readonly NoteHead[] {
  return MELODIES[strand].map(([x, position]) => ({ x, y: staffY(strand, position, x), stemUp: position >= 4 }));
}
