/** Maps between the time that passes and positions in a piece that may be repeated and played at another tempo. */

/** A part of a piece that is repeated, in frames: from `start` to before `end`. */
export interface Loop {
  readonly start: number;
  readonly end: number;
}

/** Frames of a piece in a row. */
export interface Stretch {
  readonly first: number;
  readonly count: number;
}

/** Returns what is read for `count` frames from a position on: one stretch, or more where the loop begins again. */
export function readPlan(position: number, count: number, loop: Loop | null): readonly Stretch[] {
  const plan: Stretch[] = [];
  let first = position;
  for (let left = count; left > 0;) {
    const length = loop !== null && first < loop.end ? Math.min(left, loop.end - first) : left;
    plan.push({ first, count: length });
    left -= length;
    first += length;
    if (loop !== null && first === loop.end) first = loop.start;
  }
  return plan;
}

/** Returns the position after `count` frames. */
export function advance(position: number, count: number, loop: Loop | null): number {
  const last = readPlan(position, count, loop).at(-1);
  if (last === undefined) return position;
  const end = last.first + last.count;
  return loop !== null && end === loop.end ? loop.start : end;
}

/** A stretch of the piece and when it sounds. */
export interface Segment {
  /** Time of the audio context at which it begins. */
  readonly at_s: number;
  /** Its length in that time. */
  readonly length_s: number;
  readonly first: number;
  readonly count: number;
}

/** Returns the position in frames at a time of the audio context; null where nothing has begun. */
export function positionAt(segments: readonly Segment[], time_s: number): number | null {
  const segment = segments.findLast(({ at_s }) => at_s <= time_s);
  if (segment === undefined) return null;
  const share = Math.min(1, (time_s - segment.at_s) / segment.length_s);
  return segment.first + share * segment.count;
}
