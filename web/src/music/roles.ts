/** Roles of tracks, and instrument families. */
import type { Role } from '../api/types';

/** In the order of a score, top to bottom. */
export const ROLES = ['lead', 'harmony', 'bass', 'drums'] as const satisfies readonly Role[];

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  lead: 'Lead',
  harmony: 'Harmony',
  bass: 'Bass',
  drums: 'Drums',
};

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

/** Returns the family of a General MIDI program, 0 to 127: eight programs each (General MIDI 1, 1991). */
export function programFamily(program: number): string {
  return PROGRAM_FAMILIES[Math.floor(program / 8)] ?? 'Instrument';
}

/** Describes the roles of a divided track, e.g. ", divided into lead, harmony and bass"; nothing for one role. */
export function describeDivision(roles: readonly Role[]): string {
  if (roles.length < 2) return '';
  return `, divided into ${roles.slice(0, -1).join(', ')} and ${roles.at(-1) ?? ''}`;
}
