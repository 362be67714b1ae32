/** Formats times, amounts, confidences, settings and generation parameters as text. */
import { msg, str } from '@lit/localize';
import type { GenerationInfo } from '../api/types';
import { currentLocale } from '../locale/locale';
import { INGREDIENT_NAMES } from './blends/ingredients';
import { sectionNumber } from './blends/section-names';

/** Formats 83.4 seconds as "1:23". */
export function formatClock(seconds: number): string {
  const whole = wholeSeconds(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** Formats 83.4 seconds as "1 minute 23 seconds", for screen readers. */
export function formatDuration(seconds: number): string {
  const whole = wholeSeconds(seconds);
  const minutes = Math.floor(whole / 60);
  const parts = [minutes > 0 ? formatCount(minutes, 'minute') : '', formatCount(whole % 60, 'second')];
  return parts.filter(Boolean).join(' ');
}

function wholeSeconds(seconds: number): number {
  return Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
}

type Noun = 'bar' | 'note' | 'minute' | 'second';

const COUNTS: Readonly<Record<Noun, (amount: number, text: string) => string>> = {
  bar: (amount, text) => (amount === 1 ? msg('1 bar') : msg(str`${text} bars`)),
  note: (amount, text) => (amount === 1 ? msg('1 note') : msg(str`${text} notes`)),
  minute: (amount, text) => (amount === 1 ? msg('1 minute') : msg(str`${text} minutes`)),
  second: (amount, text) => (amount === 1 ? msg('1 second') : msg(str`${text} seconds`)),
};

/** Formats an amount with its noun, e.g. "1 bar" or "1,234 notes". */
export function formatCount(amount: number, noun: Noun): string {
  return COUNTS[noun](amount, amount.toLocaleString(currentLocale()));
}

/** Formats a share of 0.3 as "30%". */
export function formatPercent(share: number): string {
  return msg(str`${Math.round(share * 100)}%`);
}

/** Formats 120.04 as "120" and 97.46 as "97.5". */
export function formatTempo(tempo_bpm: number): string {
  return new Intl.NumberFormat(currentLocale(), { maximumFractionDigits: 1, useGrouping: false }).format(tempo_bpm);
}

/** Formats "F# minor" as "F♯ minor", or as "fis-Moll" in German. */
export function formatKey(name: string): string {
  if (currentLocale() === 'de') return germanKey(name);
  return name.replace(/^([A-G])#/, '$1♯').replace(/^([A-G])b/, '$1♭');
}

/** German has a name for each tonic, B and H among them, and writes minor keys small. */
function germanKey(name: string): string {
  const match = /^([A-G])([#♯b♭]?) (major|minor)$/.exec(name);
  if (match === null) return name;
  const [, letter = '', accidental = '', mode = ''] = match;
  const flats: Readonly<Record<string, string>> = { A: 'As', B: 'B', E: 'Es' };
  const natural = letter === 'B' ? 'H' : letter;
  const tonic =
    accidental === '' ? natural : '#♯'.includes(accidental) ? `${natural}is` : (flats[letter] ?? `${letter}es`);
  return mode === 'major' ? `${tonic}-Dur` : `${tonic.toLowerCase()}-Moll`;
}

/** Describes the confidence of an estimate, 0 to 1. */
export function formatConfidence(confidence: number): string {
  if (confidence >= 0.85) return msg('confident');
  if (confidence >= 0.6) return msg('likely');
  return msg('uncertain');
}

/** Formats a setting of a request, e.g. `{"lead":0.2}` as "lead 0.2". Sections get the page's own numerals. */
export function formatSetting(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((part) => formatSetting(name, part)).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([key, part]) =>
        name === 'section_weights' && key === 'label'
          ? sectionNumber(String(part))
          : `${settingLabel(name, key)} ${formatSetting(key, part)}`,
      )
      .join(', ');
  }
  return String(value);
}

function settingLabel(name: string, key: string): string {
  return name === 'ingredients' && key in INGREDIENT_NAMES
    ? INGREDIENT_NAMES[key as keyof typeof INGREDIENT_NAMES].toLowerCase()
    : key;
}

/** Lists the parameters of a generated piece, e.g. key, tempo, meter, length and mood. */
export function describeGeneration(info: GenerationInfo): readonly string[] {
  const mood = info.mood
    ? [
        describeLevel(info.mood.valence, msg('dark'), msg('bright')),
        describeLevel(info.mood.energy, msg('calm'), msg('driving')),
      ]
    : [];
  const density = info.density == null ? [] : [describeLevel(info.density, msg('sparse'), msg('dense'))];
  return [
    formatKey(info.key),
    `${formatTempo(info.bpm)} BPM`,
    info.meter,
    formatCount(info.bars, 'bar'),
    ...[...mood, ...density].filter((text) => text !== ''),
  ];
}

/** Describes a level of -1 to 1 between two extremes, e.g. -0.4 as "fairly dark"; empty near the middle. */
function describeLevel(value: number, low: string, high: string): string {
  const amount = Math.abs(value);
  if (amount < 0.15) return '';
  const extreme = value < 0 ? low : high;
  if (amount < 0.35) return msg(str`slightly ${extreme}`);
  return amount < 0.7 ? msg(str`fairly ${extreme}`) : msg(str`very ${extreme}`);
}
