/** Roles, keys and General MIDI names as a person reads them. */
import type { Role } from '../api/contract';

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  lead: 'Lead',
  harmony: 'Harmony',
  bass: 'Bass',
  drums: 'Drums',
};

const MAJOR = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'];
const MINOR = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'G#', 'A', 'Bb', 'B'];

/** Every key by the name the API knows it, in the usual spelling. */
export const KEYS: readonly string[] = [
  ...MAJOR.map((tonic) => `${tonic} major`),
  ...MINOR.map((tonic) => `${tonic} minor`),
];

/** "F# minor" as "F♯ minor". */
export function keyLabel(name: string): string {
  return name.replace(/^([A-G])#/, '$1♯').replace(/^([A-G])b/, '$1♭');
}

/** How sure a guess is, in words. */
export function confidenceLabel(confidence: number): string {
  if (confidence >= 0.85) return 'clear';
  if (confidence >= 0.6) return 'likely';
  return 'a guess';
}

const PROGRAM_FAMILIES = [
  'Piano',
  'Chromatic percussion',
  'Organ',
  'Guitar',
  'Bass',
  'Strings',
  'Ensemble',
  'Brass',
  'Reed',
  'Pipe',
  'Synth lead',
  'Synth pad',
  'Synth effects',
  'World',
  'Percussive',
  'Sound effects',
] as const;

/** The family of a General MIDI program, 0 to 127: eight programs each (General MIDI 1, 1991). */
export function programFamily(program: number): string {
  return PROGRAM_FAMILIES[Math.floor(program / 8)] ?? 'Instrument';
}
