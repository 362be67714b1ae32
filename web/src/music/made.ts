/** What came of a request, as a person reads it: sections, and what a piece was made with. */
import type { Made, Section } from '../api/contract';
import { keyLabel } from './roles';
import { bpm, count } from './time';

/** "bars 1 to 8 and 17 to 24": where the sections of a label are. */
export function placesOf(sections: readonly Section[], label: string): string {
  const places = sections.filter((section) => section.label === label).map(barsOf);
  const [last, ...others] = places.reverse();
  const told = others.length > 0 ? `${others.reverse().join(', ')} and ${last ?? ''}` : (last ?? '');
  return `${told.includes(' ') ? 'bars' : 'bar'} ${told}`;
}

function barsOf(section: Section): string {
  const first = section.first_bar + 1;
  return section.bars === 1 ? String(first) : `${first} to ${section.first_bar + section.bars}`;
}

/** Everything a generated piece was made with, one part after the other. */
export function madeWords(made: Made): readonly string[] {
  const mood = made.mood ? [feel(made.mood.valence, 'dark', 'bright'), feel(made.mood.energy, 'calm', 'driving')] : [];
  const density = made.density == null ? [] : [feel(made.density, 'sparse', 'full')];
  return [
    keyLabel(made.key),
    `${bpm(made.bpm)} bpm`,
    made.meter,
    count(made.bars, 'bar'),
    ...[...mood, ...density].filter((word) => word !== ''),
  ];
}

/** -0.4 between "dark" and "bright" as "rather dark"; nothing near the middle. */
function feel(value: number, low: string, high: string): string {
  const amount = Math.abs(value);
  if (amount < 0.15) return '';
  const word = value < 0 ? low : high;
  return amount < 0.35 ? `a little ${word}` : amount < 0.7 ? `rather ${word}` : `very ${word}`;
}
