import { describe, expect, it } from 'vitest';
import {
  describeGeneration,
  formatClock,
  formatConfidence,
  formatCount,
  formatDuration,
  formatKey,
  formatPercent,
  formatSetting,
  formatTempo,
} from '../../src/music/format';

const GENERATION = { style: 'jazz', key: 'F# minor', bpm: 96.04, meter: '3/4', bars: 24, seed: 1 };

describe('format', () => {
  it('writes keys with real accidentals', () => {
    expect([formatKey('F# minor'), formatKey('Bb major'), formatKey('B minor')]).toEqual([
      'F♯ minor',
      'B♭ major',
      'B minor',
    ]);
  });

  it('describes confidences', () => {
    expect([0.95, 0.7, 0.3].map(formatConfidence)).toEqual(['confident', 'likely', 'uncertain']);
  });

  it('writes times', () => {
    expect([formatClock(0), formatClock(83.9), formatClock(3600), formatClock(Number.NaN)]).toEqual([
      '0:00',
      '1:23',
      '60:00',
      '0:00',
    ]);
    expect([formatDuration(61), formatDuration(5)]).toEqual(['1 minute 1 second', '5 seconds']);
  });

  it('writes amounts', () => {
    expect([formatCount(1, 'bar'), formatCount(1234, 'note'), formatTempo(97.46), formatTempo(120)]).toEqual([
      '1 bar',
      '1,234 notes',
      '97.5',
      '120',
    ]);
    expect([formatPercent(0), formatPercent(0.305)]).toEqual(['0%', '31%']);
  });

  it('writes settings', () => {
    expect(formatSetting('mood', { valence: 0.4, energy: null })).toBe('valence 0.4');
    expect(
      formatSetting('curve', [
        [0, 0],
        [1, 1],
      ]),
    ).toBe('0, 0, 1, 1');
  });

  it('names ingredients as the sliders do', () => {
    expect(formatSetting('ingredients', { form: 0, harmony: 0.25 })).toBe('form 0, chords 0.25');
  });

  it('names sections by number, as the rest of the page does', () => {
    expect(formatSetting('section_weights', [{ label: 'B', start: null, weight: 1 }])).toBe('2, weight 1');
  });
});

describe('describeGeneration', () => {
  it('lists the parameters', () => {
    expect(describeGeneration(GENERATION)).toEqual(['F♯ minor', '96 BPM', '3/4', '24 bars']);
  });

  it('adds mood and density where they are distinct', () => {
    const moody = { ...GENERATION, mood: { valence: -0.42, energy: 0.1 }, density: 0.9 };
    expect(describeGeneration(moody).slice(4)).toEqual(['fairly dark', 'very dense']);
    expect(describeGeneration({ ...moody, mood: { valence: 0.2, energy: -1 }, density: 0 }).slice(4)).toEqual([
      'slightly bright',
      'very calm',
    ]);
  });
});
