/** What came of a request, as a person reads it: sections, and what a piece was made with. */
import type { GenerationInfo, Section } from '../api/contract';
import { keyLabel } from './roles';
import { formatTempo, formatCount } from './time';

/** "bars 1 to 8 and 17 to 24": where the sections of a label are. */
export function barRanges(sections: readonly Section[], label: string): string {
  const ranges = sections.filter((section) => section.label === label).map(barRange);
  const [last, ...others] = ranges.reverse();
  const text = others.length > 0 ? `${others.reverse().join(', ')} and ${last ?? ''}` : (last ?? '');
  return `${text.includes(' ') ? 'bars' : 'bar'} ${text}`;
}

function barRange(section: Section): string {
  const first = section.first_bar + 1;
  return section.bars === 1 ? String(first) : `${first} to ${section.first_bar + section.bars}`;
}

/** Everything a generated piece was made with, one part after the other. */
export function describeGeneration(info: GenerationInfo): readonly string[] {
  const mood = info.mood
    ? [describeLevel(info.mood.valence, 'dark', 'bright'), describeLevel(info.mood.energy, 'calm', 'driving')]
    : [];
  const density = info.density == null ? [] : [describeLevel(info.density, 'sparse', 'full')];
  return [
    keyLabel(info.key),
    `${formatTempo(info.bpm)} bpm`,
    info.meter,
    formatCount(info.bars, 'bar'),
    ...[...mood, ...density].filter((word) => word !== ''),
  ];
}

/** -0.4 between "dark" and "bright" as "rather dark"; nothing near the middle. */
function describeLevel(value: number, low: string, high: string): string {
  const amount = Math.abs(value);
  if (amount < 0.15) return '';
  const word = value < 0 ? low : high;
  return amount < 0.35 ? `a little ${word}` : amount < 0.7 ? `rather ${word}` : `very ${word}`;
}
