import { describe, expect, it } from 'vitest';
import { nextBeat, matchingTime } from '../../src/music/beats';

/** Four bars of four quarters at 120. */
const PIECE = { bars_s: [0, 2, 4, 6], duration_s: 8, tempo_bpm: 120 };

describe('nextBeat', () => {
  it('is the first beat that leaves the time asked for', () => {
    expect(nextBeat(PIECE, 0.1, 0.15)).toBeCloseTo(0.5);
    expect(nextBeat(PIECE, 0.4, 0.15)).toBeCloseTo(1);
    expect(nextBeat(PIECE, 0.35, 0.15)).toBeCloseTo(0.5);
  });

  it('is at the latest the next bar, whatever the tempo says', () => {
    expect(nextBeat({ ...PIECE, tempo_bpm: 100 }, 1.85, 0)).toBe(2);
  });

  it('is the end after the last beat', () => {
    expect(nextBeat(PIECE, 7.9, 0.5)).toBe(8);
    expect(nextBeat({ bars_s: [], duration_s: 3, tempo_bpm: 60 }, 2.5, 1)).toBe(3);
  });
});

describe('sameMoment', () => {
  it('keeps the bar and how far into it, at another tempo', () => {
    const slower = { bars_s: [0, 3, 6, 9], duration_s: 12, tempo_bpm: 80 };
    expect(matchingTime(PIECE, 3, slower)).toBeCloseTo(4.5);
    expect(matchingTime(slower, 4.5, PIECE)).toBeCloseTo(3);
    expect(matchingTime(PIECE, 7, slower)).toBeCloseTo(10.5);
  });

  it('goes to the bar as far through a piece of another length', () => {
    const longer = { bars_s: [0, 2, 4, 6, 8, 10, 12, 14], duration_s: 16, tempo_bpm: 120 };
    expect(matchingTime(PIECE, 4.5, longer)).toBeCloseTo(8.5);
    expect(matchingTime(longer, 8.5, PIECE)).toBeCloseTo(4.5);
    expect(matchingTime(longer, 16, PIECE)).toBeLessThanOrEqual(8);
  });

  it('stays within a piece without bars', () => {
    expect(matchingTime(PIECE, 7, { bars_s: [], duration_s: 5, tempo_bpm: 120 })).toBe(5);
  });
});
