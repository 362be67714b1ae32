/**
 * Names for the sections of a piece.
 *
 * The API labels sections A, B, C and so on. On the page these letters name the two pieces, so sections get numbers:
 * label A is section 1, B is 2. Sections that sound alike share a number, as they share a label.
 */
import { msg, str } from '@lit/localize';
import type { Section } from '../../api/types';

const N_LETTERS = 26;

/** Returns the number for a label: A is 1, Z is 26, AA is 27. A label of another kind is returned as it is. */
export function sectionNumber(label: string): string {
  if (!/^[A-Z]{1,2}$/.test(label)) return label;
  return String(Array.from(label).reduce((number, letter) => number * N_LETTERS + letter.charCodeAt(0) - 64, 0));
}

/** Lists where the sections of a label are, e.g. "bars 1–8, 17–24". */
export function describeSectionBars(sections: readonly Section[], label: string): string {
  const alike = sections.filter((section) => section.label === label);
  const ranges = alike.map(barRange).join(', ');
  const isOne = alike.length === 1 && alike[0]?.bars === 1;
  return isOne ? msg(str`bar ${ranges}`) : msg(str`bars ${ranges}`);
}

function barRange(section: Section): string {
  const first = section.first_bar + 1;
  return section.bars === 1 ? String(first) : `${first}–${section.first_bar + section.bars}`;
}

/** Returns the labels of sections, each once and in order; null where the sections are not known. */
export function sectionLabels(sections: readonly Section[] | null): readonly string[] | null {
  return sections && [...new Set(sections.map((section) => section.label))];
}
