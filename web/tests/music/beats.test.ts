import { describe, expect, it } from 'vitest';
import { beatsPerBar, listBeats, matchingTime, nextBeat, nextTime, previousTime } from '../../src/music/beats';

/** Four bars of 4/4 at 120 BPM. */
const PIECE = { bars_s: [0, 2, 4, 6], duration_s: 8, tempo_bpm: 120 };

describe('nextBeat', () => {
  it('is the first beat with the required lead time', () => {
    expect(nextBeat(PIECE, 0.1, 0.15)).toBeCloseTo(0.5);
    expect(nextBeat(PIECE, 0.4, 0.15)).toBeCloseTo(1);
    expect(nextBeat(PIECE, 0.35, 0.15)).toBeCloseTo(0.5);
  });

  it('is the next bar at the latest, whatever the tempo', () => {
    expect(nextBeat({ ...PIECE, tempo_bpm: 100 }, 1.85, 0)).toBe(2);
  });

  it('is the end of the piece after the last beat', () => {
    expect(nextBeat(PIECE, 7.9, 0.5)).toBe(8);
    expect(nextBeat({ bars_s: [], duration_s: 3, tempo_bpm: 60 }, 2.5, 1)).toBe(3);
  });
});

describe('sameMoment', () => {
  it('keeps the bar and the position in it at another tempo', () => {
    const slower = { bars_s: [0, 3, 6, 9], duration_s: 12, tempo_bpm: 80 };
    expect(matchingTime(PIECE, 3, slower)).toBeCloseTo(4.5);
    expect(matchingTime(slower, 4.5, PIECE)).toBeCloseTo(3);
    expect(matchingTime(PIECE, 7, slower)).toBeCloseTo(10.5);
  });

  it('scales the bar to a piece of another length', () => {
    const longer = { bars_s: [0, 2, 4, 6, 8, 10, 12, 14], duration_s: 16, tempo_bpm: 120 };
    expect(matchingTime(PIECE, 4.5, longer)).toBeCloseTo(8.5);
    expect(matchingTime(longer, 8.5, PIECE)).toBeCloseTo(4.5);
    expect(matchingTime(longer, 16, PIECE)).toBeLessThanOrEqual(8);
  });

  it('stays within a piece without bars', () => {
    expect(matchingTime(PIECE, 7, { bars_s: [], duration_s: 5, tempo_bpm: 120 })).toBe(5);
  });
});

describe('beatsPerBar', () => {
  it.each([
    ['4/4', 4],
    ['3/4', 3],
    ['6/8', 2],
    ['12/8', 4],
    ['3/8', 3],
    ['2/2', 2],
    ['', 4],
  ])('of %s', (meter, count) => {
    expect(beatsPerBar(meter)).toBe(count);
  });
});

describe('listBeats', () => {
  it('divides each bar evenly, so that it follows the tempo', () => {
    const piece = { bars_s: [0, 2, 5], duration_s: 8, tempo_bpm: 120 };
    expect(listBeats(piece, 2)).toEqual([0, 1, 2, 3.5, 5, 6.5]);
  });
});

describe('the neighbors of a time', () => {
  const beats_s = [0, 1, 2, 3];

  it('before it, but not the one that has just passed', () => {
    expect([previousTime(beats_s, 2.5), previousTime(beats_s, 2.1), previousTime(beats_s, 0)]).toEqual([2, 1, 0]);
  });

  it('after it', () => {
    expect([nextTime(beats_s, 1), nextTime(beats_s, 1.5), nextTime(beats_s, 3)]).toEqual([2, 2, 3]);
  });
});
