/** The weight over the time of a piece, as points between which it changes evenly. */

/** Where in the piece, 0 to 1, and the weight there: the share of B, 0 to 1. */
export type CurvePoint = readonly [position: number, weight: number];
/** At least two points, the first at 0 and the last at 1. */
export type Curve = readonly CurvePoint[];

export type CurvePreset = 'steady' | 'a-to-b' | 'b-to-a' | 'there-and-back';

/** Null for one weight over the whole piece. */
export const CURVE_PRESETS: Readonly<Record<CurvePreset, Curve | null>> = {
  steady: null,
  'a-to-b': [
    [0, 0],
    [1, 1],
  ],
  'b-to-a': [
    [0, 1],
    [1, 0],
  ],
  'there-and-back': [
    [0, 0],
    [0.5, 1],
    [1, 0],
  ],
};

export const MAX_POINTS = 64;
/** The least distance between two points, as a share of the piece. */
const MIN_GAP = 1e-3;
/** Positions and weights are sent with so many decimals. */
const DECIMALS = 4;

/** Returns the preset of a curve; null for one that was changed by hand. */
export function presetOf(curve: Curve | null): CurvePreset | null {
  const names = Object.keys(CURVE_PRESETS) as CurvePreset[];
  return names.find((name) => JSON.stringify(CURVE_PRESETS[name]) === JSON.stringify(curve)) ?? null;
}

/** Returns the weight at a position. */
export function weightAt(curve: Curve, position: number): number {
  const next = curve.findIndex(([at]) => at >= position);
  const after = curve[next];
  const before = curve[next - 1];
  if (after === undefined) return curve.at(-1)?.[1] ?? 0;
  if (before === undefined) return after[1];
  return before[1] + ((after[1] - before[1]) * (position - before[0])) / (after[0] - before[0]);
}

/** Returns the nearest onset of a bar; the position itself where the bars are not known. */
export function snapToBar(position: number, nBars: number): number {
  return nBars > 0 ? Math.round(position * nBars) / nBars : position;
}

/** Moves a point, but not beyond its neighbors. The first and the last point stay at the ends of the piece. */
export function movePoint(curve: Curve, index: number, [position, weight]: CurvePoint): Curve {
  const low = (curve[index - 1]?.[0] ?? 0) + MIN_GAP;
  const high = (curve[index + 1]?.[0] ?? 1) - MIN_GAP;
  const isEnd = index === 0 || index === curve.length - 1;
  const at = isEnd ? (curve[index]?.[0] ?? 0) : Math.min(high, Math.max(low, position));
  return curve.map((point, other) => (other === index ? [round(at), round(limit(weight))] : point));
}

/** Adds a point and returns the curve with the point's index; the same curve where a point is there already. */
export function addPoint(curve: Curve, [position, weight]: CurvePoint): readonly [Curve, index: number] {
  const at = round(limit(position));
  const near = curve.findIndex(([other]) => Math.abs(other - at) < MIN_GAP);
  if (near >= 0 || curve.length >= MAX_POINTS) return [curve, Math.max(0, near)];
  const index = curve.findIndex(([other]) => other > at);
  return [[...curve.slice(0, index), [at, round(limit(weight))], ...curve.slice(index)], index];
}

/** Removes a point that is not an end. */
export function removePoint(curve: Curve, index: number): Curve {
  if (index <= 0 || index >= curve.length - 1) return curve;
  return curve.filter((_, other) => other !== index);
}

/** Reads the curve of a request; null where it has none. Ends that are missing are added. */
export function parseCurve(value: unknown): Curve | null {
  if (!Array.isArray(value)) return null;
  const points = (value as unknown[]).filter(isPoint);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const start: Curve = first[0] > 0 ? [[0, first[1]]] : [];
  const end: Curve = last[0] < 1 ? [[1, last[1]]] : [];
  return [...start, ...points, ...end];
}

function isPoint(value: unknown): value is CurvePoint {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'number');
}

function limit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function round(value: number): number {
  return Number(value.toFixed(DECIMALS));
}
