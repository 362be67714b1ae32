import { describe, expect, it } from 'vitest';
import {
  addPoint,
  CURVE_PRESETS,
  movePoint,
  parseCurve,
  presetOf,
  removePoint,
  snapToBar,
  weightAt,
  type Curve,
} from '../../../src/state/fusion/curves';

const CURVE: Curve = [
  [0, 0],
  [0.5, 1],
  [1, 0],
];

describe('addPoint', () => {
  it('adds a point in order and returns its index', () => {
    const [curve, index] = addPoint(CURVE, [0.25, 0.3]);
    expect(curve).toEqual([
      [0, 0],
      [0.25, 0.3],
      [0.5, 1],
      [1, 0],
    ]);
    expect(index).toBe(1);
  });

  it('returns the point that is there already', () => {
    expect(addPoint(CURVE, [0.5, 0.2])).toEqual([CURVE, 1]);
    expect(addPoint(CURVE, [1, 0.2])).toEqual([CURVE, 2]);
  });
});

describe('movePoint', () => {
  it('moves a point between its neighbors, which it does not reach', () => {
    expect(movePoint(CURVE, 1, [0.75, 0.25])[1]).toEqual([0.75, 0.25]);
    const [position] = movePoint(CURVE, 1, [2, 0.25])[1] ?? [];
    expect(position).toBe(0.999);
  });

  it('moves the ends up and down only, within 0 and 1', () => {
    expect(movePoint(CURVE, 0, [0.4, 0.7])[0]).toEqual([0, 0.7]);
    expect(movePoint(CURVE, 2, [0.4, -0.2])[2]).toEqual([1, 0]);
  });
});

it('removes inner points only', () => {
  expect(removePoint(CURVE, 1)).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(removePoint(CURVE, 0)).toBe(CURVE);
  expect(removePoint(CURVE, 2)).toBe(CURVE);
});

it('snaps to bars', () => {
  expect(snapToBar(0.27, 16)).toBe(0.25);
  expect(snapToBar(0.27, 0)).toBe(0.27);
});

it('interpolates the weight', () => {
  expect(weightAt(CURVE, 0.25)).toBe(0.5);
  expect(weightAt(CURVE, 0)).toBe(0);
  expect(weightAt(CURVE, 1)).toBe(0);
});

it('knows the presets', () => {
  expect(presetOf(null)).toBe('steady');
  expect(presetOf(CURVE_PRESETS['there-and-back'])).toBe('there-and-back');
  expect(presetOf(movePoint(CURVE, 1, [0.5, 0.9]))).toBeNull();
});

describe('parseCurve', () => {
  it('reads points and adds missing ends', () => {
    expect(parseCurve([[0.5, 0.25]])).toEqual([
      [0, 0.25],
      [0.5, 0.25],
      [1, 0.25],
    ]);
    expect(parseCurve(CURVE)).toEqual(CURVE);
  });

  it('is null without points', () => {
    expect(parseCurve(undefined)).toBeNull();
    expect(parseCurve([])).toBeNull();
    expect(parseCurve([['x', 1]])).toBeNull();
  });
});
