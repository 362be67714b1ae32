/** Mixer settings: volume, mute and solo of each role. */
import type { Role } from '../api/types';
import { ROLES } from './roles';

export interface Level {
  /** 0 to 1. */
  readonly volume: number;
  readonly muted: boolean;
  readonly solo: boolean;
}

export type Mix = Readonly<Record<Role, Level>>;

const DEFAULT_LEVEL: Level = { volume: 1, muted: false, solo: false };

/** All roles at full volume: the piece as rendered. */
export const NEUTRAL_MIX: Mix = {
  lead: DEFAULT_LEVEL,
  harmony: DEFAULT_LEVEL,
  bass: DEFAULT_LEVEL,
  drums: DEFAULT_LEVEL,
};

export function withLevel(mix: Mix, role: Role, changes: Partial<Level>): Mix {
  return { ...mix, [role]: { ...mix[role], ...changes } };
}

/**
 * Returns a role's gain, 0 to 1. Where any role is solo, all others are silent.
 *
 * The gain is the square of the fader position, so that the fader feels even to the ear.
 */
export function roleGain(mix: Mix, role: Role): number {
  const { volume, muted, solo } = mix[role];
  const isAudible = !muted && (solo || !ROLES.some((other) => mix[other].solo));
  return isAudible ? volume ** 2 : 0;
}

/** Returns those of the piece's roles that are audible. */
export function audibleRoles(mix: Mix, roles: readonly Role[]): Role[] {
  return roles.filter((role) => roleGain(mix, role) > 0);
}

/** Whether a piece with these roles plays exactly as rendered. */
export function isNeutral(mix: Mix, roles: readonly Role[]): boolean {
  return roles.every((role) => roleGain(mix, role) === 1);
}
