import { describe, expect, it } from 'vitest';
import { formatSetting } from '../../src/elements/common/setting-label';
import { KEYS, confidenceLabel, programFamily, keyLabel } from '../../src/music/roles';
import { staffY } from '../../src/music/hero-staves';
import { formatTempo, formatClock, formatCount, timeInWords } from '../../src/music/time';

describe('words for music', () => {
  it('writes keys with real accidentals and knows all 24', () => {
    expect(KEYS).toHaveLength(24);
    expect([keyLabel('F# minor'), keyLabel('Bb major'), keyLabel('B minor')]).toEqual([
      'F♯ minor',
      'B♭ major',
      'B minor',
    ]);
  });

  it('names program families', () => {
    expect([programFamily(0), programFamily(33), programFamily(73), programFamily(127)]).toEqual([
      'Piano',
      'Bass',
      'Pipe',
      'Sound effects',
    ]);
  });

  it('says how sure a guess is', () => {
    expect([0.95, 0.7, 0.3].map(confidenceLabel)).toEqual(['clear', 'likely', 'a guess']);
  });
});

describe('words for time and amounts', () => {
  it('writes clocks', () => {
    expect([formatClock(0), formatClock(83.9), formatClock(3600), formatClock(Number.NaN)]).toEqual([
      '0:00',
      '1:23',
      '60:00',
      '0:00',
    ]);
    expect([timeInWords(61), timeInWords(5)]).toEqual(['1 minute 1 second', '5 seconds']);
  });

  it('writes amounts', () => {
    expect([formatCount(1, 'bar'), formatCount(1234, 'note'), formatTempo(97.46), formatTempo(120)]).toEqual([
      '1 bar',
      '1,234 notes',
      '97.5',
      '120',
    ]);
  });

  it('writes settings', () => {
    expect(formatSetting({ valence: 0.4, energy: null })).toBe('valence 0.4');
    expect(
      formatSetting([
        [0, 0],
        [1, 1],
      ]),
    ).toBe('0, 0, 1, 1');
  });
});

describe('the two staves', () => {
  it('are one from where they have met', () => {
    expect(staffY('a', 4, 1000)).toBeCloseTo(staffY('b', 4, 1000));
    expect(staffY('b', 4, 0) - staffY('a', 4, 0)).toBeGreaterThan(150);
  });
});
