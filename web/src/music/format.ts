/** Formats times, amounts, confidences, settings and generation parameters as text. */
import type { GenerationInfo } from '../api/types';
import { INGREDIENT_NAMES } from './ingredients';
import { sectionNumber } from './section-names';

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

/** Formats an amount with its noun, e.g. "1 bar" or "1,234 notes". */
export function formatCount(amount: number, noun: string): string {
  return `${amount.toLocaleString('en')} ${noun}${amount === 1 ? '' : 's'}`;
}

/** Formats a share of 0.3 as "30%". */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Formats 120.04 as "120" and 97.46 as "97.5". */
export function formatTempo(tempo_bpm: number): string {
  return String(Math.round(tempo_bpm * 10) / 10);
}

/** Formats "F# minor" as "F♯ minor". */
export function formatKey(name: string): string {
  return name.replace(/^([A-G])#/, '$1♯').replace(/^([A-G])b/, '$1♭');
}

/** Describes the confidence of an estimate, 0 to 1. */
export function formatConfidence(confidence: number): string {
  if (confidence >= 0.85) return 'confident';
  if (confidence >= 0.6) return 'likely';
  return 'uncertain';
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
    ? [describeLevel(info.mood.valence, 'dark', 'bright'), describeLevel(info.mood.energy, 'calm', 'driving')]
    : [];
  const density = info.density == null ? [] : [describeLevel(info.density, 'sparse', 'dense')];
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
  return amount < 0.35 ? `slightly ${extreme}` : amount < 0.7 ? `fairly ${extreme}` : `very ${extreme}`;
}
