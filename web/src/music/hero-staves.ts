/** Geometry of the home page's illustration: two staves that merge into one, in a box of 1200 by 380. */

export const VIEW_WIDTH = 1200;
export const VIEW_HEIGHT = 380;

const LINES = 5;
const LINE_GAP = 17;
const STEP = 12;

export interface NoteHead {
  readonly x: number;
  readonly y: number;
  readonly stemUp: boolean;
}

export type Staff = 'a' | 'b';

const START_Y: Readonly<Record<Staff, number>> = { a: 96, b: 296 };
const MERGED_Y = 190;
/** The x at which the staves start to converge, and at which they have merged. */
const CONVERGE_FROM_X = 260;
const MERGED_FROM_X = 860;

/** [x, staff position]: 0 is the top line, 8 the bottom line; odd positions are spaces. */
const MELODIES: Readonly<Record<Staff, readonly (readonly [number, number])[]>> = {
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

/** Returns the y of a staff position at x: it moves smoothly to the merged staff, with a wave that fades out. */
export function staffY(staff: Staff, position: number, x: number): number {
  const convergence = smoothstep((x - CONVERGE_FROM_X) / (MERGED_FROM_X - CONVERGE_FROM_X));
  const sign = staff === 'a' ? 1 : -1;
  const wave = Math.sin((x / VIEW_WIDTH) * Math.PI * 3.2 + (staff === 'a' ? 0 : 1.1)) * 20 * (1 - convergence);
  const middle = START_Y[staff] + (MERGED_Y - START_Y[staff]) * convergence;
  // The staves cross once before they merge.
  const crossing = Math.sin(convergence * Math.PI) * 46 * sign;
  return middle + wave + crossing + (position - 4) * (LINE_GAP / 2);
}

function smoothstep(t: number): number {
  const clamped = Math.min(1, Math.max(0, t));
  return clamped * clamped * (3 - 2 * clamped);
}

/** Returns the five lines of one staff as SVG path data. */
export function staffPaths(staff: Staff): readonly string[] {
  return Array.from({ length: LINES }, (_, line) => {
    const points = Array.from({ length: VIEW_WIDTH / STEP + 1 }, (_point, index) => {
      const x = index * STEP;
      return `${x} ${staffY(staff, line * 2, x).toFixed(1)}`;
    });
    return `M${points.join('L')}`;
  });
}

export function noteHeads(staff: Staff): readonly NoteHead[] {
  return MELODIES[staff].map(([x, position]) => ({ x, y: staffY(staff, position, x), stemUp: position >= 4 }));
}
