import { describe, expect, it } from 'vitest';
import { describeSectionBars, sectionLabels, sectionNumber } from '../../../src/music/blends/section-names';

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

describe('sectionNumber', () => {
  it('numbers the labels of the API in order', () => {
    expect(['A', 'B', 'D', 'I', 'Z', 'AA', 'AN'].map(sectionNumber)).toEqual(['1', '2', '4', '9', '26', '27', '40']);
  });

  it('leaves other labels as they are', () => {
    expect(sectionNumber('Chorus')).toBe('Chorus');
  });
});

describe('describeSectionBars', () => {
  it('lists all bars of a section, counted from one', () => {
    expect(describeSectionBars(SECTIONS, 'A')).toBe('bars 1–8, 17–24, 26–33');
    expect(describeSectionBars(SECTIONS, 'B')).toBe('bars 9–16');
    expect(describeSectionBars(SECTIONS, 'C')).toBe('bar 25');
  });
});

describe('sectionLabels', () => {
  it('returns each label once', () => {
    expect(sectionLabels(SECTIONS)).toEqual(['A', 'B', 'C']);
    expect(sectionLabels(null)).toBeNull();
  });
});
