/** Roles of tracks, and instrument families. */
import { msg, str } from '@lit/localize';
import type { Role } from '../api/types';

/** In the order of a score, top to bottom. */
export const ROLES = ['lead', 'harmony', 'bass', 'drums'] as const satisfies readonly Role[];

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  get lead() {
    return msg('Lead');
  },
  get harmony() {
    return msg('Harmony');
  },
  get bass() {
    return msg('Bass');
  },
  get drums() {
    return msg('Drums');
  },
};

const PROGRAM_FAMILIES: readonly (() => string)[] = [
  () => msg('Piano'),
  () => msg('Chromatic percussion'),
  () => msg('Organ'),
  () => msg('Guitar'),
  () => msg('Bass'),
  () => msg('Strings'),
  () => msg('Ensemble'),
  () => msg('Brass'),
  () => msg('Reed'),
  () => msg('Pipe'),
  () => msg('Synth lead'),
  () => msg('Synth pad'),
  () => msg('Synth effects'),
  () => msg('World'),
  () => msg('Percussive'),
  () => msg('Sound effects'),
];

/** Returns the family of a General MIDI program, 0 to 127: eight programs each (General MIDI 1, 1991). */
export function programFamily(program: number): string {
  return PROGRAM_FAMILIES[Math.floor(program / 8)]?.() ?? msg('Instrument');
}

/** Describes the roles of a divided track, e.g. ", divided into lead, harmony and bass"; nothing for one role. */
export function describeDivision(roles: readonly Role[]): string {
  if (roles.length < 2) return '';
  const names = roles.map((role) => ROLE_NAMES[role].toLowerCase());
  const [first, last] = [names.slice(0, -1).join(', '), names.at(-1) ?? ''];
  return msg(str`, divided into ${first} and ${last}`);
}
