/**
 * Names for the sections of a piece.
 *
 * The API labels sections A, B, C and so on. On the page these letters name the two pieces, so sections get Roman
 * numerals: label A is section I, B is II. Sections that sound alike share a numeral, as they share a label.
 */
import type { Section } from '../api/types';

const NUMERALS: readonly (readonly [number, string])[] = [
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];
const N_LETTERS = 26;

/** Returns the numeral for a label: A is I, Z is XXVI, AA is XXVII. A label of another kind is returned as it is. */
export function sectionNumeral(label: string): string {
  if (!/^[A-Z]{1,2}$/.test(label)) return label;
  let rest = Array.from(label).reduce((number, letter) => number * N_LETTERS + letter.charCodeAt(0) - 64, 0);
  let numeral = '';
  for (const [value, digits] of NUMERALS) {
    for (; rest >= value; rest -= value) numeral += digits;
  }
  return numeral;
}

/** Lists where the sections of a label are, e.g. "bars 1 to 8 and 17 to 24". */
export function describeSectionBars(sections: readonly Section[], label: string): string {
  const ranges = sections.filter((section) => section.label === label).map(barRange);
  const last = ranges.at(-1) ?? '';
  const text = ranges.length > 1 ? `${ranges.slice(0, -1).join(', ')} and ${last}` : last;
  return `${text.includes(' ') ? 'bars' : 'bar'} ${text}`;
}

function barRange(section: Section): string {
  const first = section.first_bar + 1;
  return section.bars === 1 ? String(first) : `${first} to ${section.first_bar + section.bars}`;
}

/** Returns the labels of sections, each once and in order; null where the sections are not known. */
export function sectionLabels(sections: readonly Section[] | null): readonly string[] | null {
  return sections && [...new Set(sections.map((section) => section.label))];
}
