import { describe, expect, it } from 'vitest';
import { settingLabel } from '../src/elements/setting-label';
import { KEYS, confidenceLabel, familyOf, keyLabel } from '../src/music/roles';
import { staffY } from '../src/music/strands';
import { bpm, clock, count, spokenTime } from '../src/music/time';

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
    expect([familyOf(0), familyOf(33), familyOf(73), familyOf(127)]).toEqual([
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
    expect([clock(0), clock(83.9), clock(3600), clock(Number.NaN)]).toEqual(['0:00', '1:23', '60:00', '0:00']);
    expect([spokenTime(61), spokenTime(5)]).toEqual(['1 minute 1 second', '5 seconds']);
  });

  it('writes amounts', () => {
    expect([count(1, 'bar'), count(1234, 'note'), bpm(97.46), bpm(120)]).toEqual([
      '1 bar',
      '1,234 notes',
      '97.5',
      '120',
    ]);
  });

  it('writes settings', () => {
    expect(settingLabel({ valence: 0.4, energy: null })).toBe('valence 0.4');
    expect(
      settingLabel([
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
