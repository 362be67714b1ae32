/** Positions in bars and beats, so that playback can switch from one piece to another at a matching position. */

export interface Timeline {
  /** The start of each bar. */
  readonly bars_s: readonly number[];
  readonly duration_s: number;
  /** Quarter notes per minute. */
  readonly tempo_bpm: number;
}

/**
 * Returns the time of the first beat that is at least `lead_s` ahead; the end of the piece where there is none.
 *
 * Beats are quarter notes counted from the start of their bar.
 */
export function nextBeat(piece: Timeline, at_s: number, lead_s: number): number {
  const earliest_s = at_s + lead_s;
  const bar = barAt(piece, earliest_s);
  const start_s = piece.bars_s[bar] ?? 0;
  const beat_s = 60 / piece.tempo_bpm;
  const beat = start_s + Math.max(0, Math.ceil((earliest_s - start_s) / beat_s - 1e-6)) * beat_s;
  const next_s = piece.bars_s[bar + 1] ?? piece.duration_s;
  return Math.min(beat, next_s);
}

/** Returns the matching time in another piece: the bar at the same share of the piece, and as far into that bar. */
export function matchingTime(from: Timeline, at_s: number, to: Timeline): number {
  if (from.bars_s.length === 0 || to.bars_s.length === 0) return Math.min(at_s, to.duration_s);
  const bar = barAt(from, at_s);
  const [start_s, end_s] = barBounds(from, bar);
  const fraction = end_s > start_s ? Math.min(1, Math.max(0, (at_s - start_s) / (end_s - start_s))) : 0;
  const matchingBar = Math.floor((bar * to.bars_s.length) / from.bars_s.length);
  const [toStart_s, toEnd_s] = barBounds(to, matchingBar);
  return toStart_s + fraction * (toEnd_s - toStart_s);
}

function barAt({ bars_s }: Timeline, at_s: number): number {
  const after = bars_s.findIndex((bar_s) => bar_s > at_s + 1e-6);
  return Math.max(0, (after < 0 ? bars_s.length : after) - 1);
}

function barBounds(piece: Timeline, bar: number): readonly [number, number] {
  return [piece.bars_s[bar] ?? 0, piece.bars_s[bar + 1] ?? piece.duration_s];
}

/** Returns how many beats a bar of a meter has, e.g. 4 in "4/4" and 2 in "6/8", whose beat is a dotted quarter. */
export function beatsPerBar(meter: string): number {
  const [count, unit] = meter.split('/').map(Number);
  if (count === undefined || unit === undefined || !(count > 0)) return 4;
  return unit >= 8 && count % 3 === 0 && count > 3 ? count / 3 : count;
}

/** Lists the beats of a piece in seconds, those of each bar evenly spaced, so that they follow changes of tempo. */
export function listBeats(piece: Timeline, perBar: number): readonly number[] {
  return piece.bars_s.flatMap((_, bar) => {
    const [start_s, end_s] = barBounds(piece, bar);
    return Array.from({ length: perBar }, (__, beat) => start_s + (beat * (end_s - start_s)) / perBar);
  });
}

/** Returns the last time of a sorted list that is before another by more than a moment; 0 where there is none. */
export function previousTime(times_s: readonly number[], at_s: number, moment_s = 0.15): number {
  return times_s.findLast((time_s) => time_s < at_s - moment_s) ?? 0;
}

/** Returns the first time of a sorted list that is after another; the other itself where there is none. */
export function nextTime(times_s: readonly number[], at_s: number): number {
  return times_s.find((time_s) => time_s > at_s + 0.02) ?? at_s;
}
