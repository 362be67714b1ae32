import { describe, expect, it } from 'vitest';
import { describeGeneration, barRanges } from '../../src/music/format';
import { sectionLabels } from '../../src/state/sections';

const SECTIONS = [
  ['A', 0, 8],
  ['B', 8, 8],
  ['A', 16, 8],
  ['C', 24, 1],
  ['A', 25, 8],
].map(([label, first_bar, bars]) => ({
  label: String(label),
  first_bar: Number(first_bar),
  bars: Number(bars),
  start_s: 0,
  end_s: 0,
}));
const MADE = { style: 'jazz', key: 'F# minor', bpm: 96.04, meter: '3/4', bars: 24, seed: 1 };

describe('placesOf', () => {
  it('names every place of a section, counted from one', () => {
    expect(barRanges(SECTIONS, 'A')).toBe('bars 1 to 8, 17 to 24 and 26 to 33');
    expect(barRanges(SECTIONS, 'B')).toBe('bars 9 to 16');
    expect(barRanges(SECTIONS, 'C')).toBe('bar 25');
  });
});

describe('labelsOf', () => {
  it('gives each label once', () => {
    expect(sectionLabels(SECTIONS)).toEqual(['A', 'B', 'C']);
    expect(sectionLabels(null)).toBeNull();
  });
});

describe('madeWords', () => {
  it('says what was drawn', () => {
    expect(describeGeneration(MADE)).toEqual(['F♯ minor', '96 bpm', '3/4', '24 bars']);
  });

  it('says how it should feel, unless that is nothing special', () => {
    const felt = { ...MADE, mood: { valence: -0.42, energy: 0.1 }, density: 0.9 };
    expect(describeGeneration(felt).slice(4)).toEqual(['rather dark', 'very full']);
    expect(describeGeneration({ ...felt, mood: { valence: 0.2, energy: -1 }, density: 0 }).slice(4)).toEqual([
      'a little bright',
      'very calm',
    ]);
  });
});
