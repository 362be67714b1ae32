import { describe, expect, it } from 'vitest';
import { describeSectionBars, sectionLabels, sectionNumeral } from '../../src/music/section-names';

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

describe('sectionNumeral', () => {
  it('numbers the labels of the API in order', () => {
    expect(['A', 'B', 'D', 'I', 'Z', 'AA', 'AN'].map(sectionNumeral)).toEqual([
      'I',
      'II',
      'IV',
      'IX',
      'XXVI',
      'XXVII',
      'XL',
    ]);
  });

  it('leaves other labels as they are', () => {
    expect(sectionNumeral('Chorus')).toBe('Chorus');
  });
});

describe('describeSectionBars', () => {
  it('lists all bars of a section, counted from one', () => {
    expect(describeSectionBars(SECTIONS, 'A')).toBe('bars 1 to 8, 17 to 24 and 26 to 33');
    expect(describeSectionBars(SECTIONS, 'B')).toBe('bars 9 to 16');
    expect(describeSectionBars(SECTIONS, 'C')).toBe('bar 25');
  });
});

describe('sectionLabels', () => {
  it('returns each label once', () => {
    expect(sectionLabels(SECTIONS)).toEqual(['A', 'B', 'C']);
    expect(sectionLabels(null)).toBeNull();
  });
});
