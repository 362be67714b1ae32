import { describe, expect, it } from 'vitest';
import { advance, positionAt, readPlan, type Segment } from '../../src/sound/timeline';

const LOOP = { start: 100, end: 150 };

describe('readPlan', () => {
  it('reads on without a loop, and after the loop', () => {
    expect(readPlan(10, 30, null)).toEqual([{ first: 10, count: 30 }]);
    expect(readPlan(150, 30, LOOP)).toEqual([{ first: 150, count: 30 }]);
  });

  it('begins the loop again, as often as it must', () => {
    expect(readPlan(140, 120, LOOP)).toEqual([
      { first: 140, count: 10 },
      { first: 100, count: 50 },
      { first: 100, count: 50 },
      { first: 100, count: 10 },
    ]);
  });

  it('enters the loop from before', () => {
    expect(readPlan(90, 80, LOOP)).toEqual([
      { first: 90, count: 60 },
      { first: 100, count: 20 },
    ]);
  });
});

describe('advance', () => {
  it.each([
    [10, 30, null, 40],
    [140, 10, LOOP, 100],
    [140, 15, LOOP, 105],
    [160, 15, LOOP, 175],
    [120, 0, LOOP, 120],
  ])('from %i by %i', (from, count, loop, position) => {
    expect(advance(from, count, loop)).toBe(position);
  });
});

describe('positionAt', () => {
  const segments: readonly Segment[] = [
    { at_s: 1, length_s: 2, first: 0, count: 100 },
    { at_s: 3, length_s: 1, first: 40, count: 50 },
  ];

  it.each([
    [0.5, null],
    [1, 0],
    [2, 50],
    [3, 40],
    [3.5, 65],
    [9, 90],
  ])('at %d s', (time_s, position) => {
    expect(positionAt(segments, time_s)).toBe(position);
  });
});
