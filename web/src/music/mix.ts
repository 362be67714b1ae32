/** How loud each role is. */
import { ROLES, type Role } from '../api/contract';

export interface Level {
  /** 0 to 1. */
  readonly volume: number;
  readonly muted: boolean;
  readonly solo: boolean;
}

export type Mix = Readonly<Record<Role, Level>>;

const DEFAULT_LEVEL: Level = { volume: 1, muted: false, solo: false };

/** The piece as it is. */
export const NEUTRAL_MIX: Mix = {
  lead: DEFAULT_LEVEL,
  harmony: DEFAULT_LEVEL,
  bass: DEFAULT_LEVEL,
  drums: DEFAULT_LEVEL,
};

export function withLevel(mix: Mix, role: Role, changes: Partial<Level>): Mix {
  return { ...mix, [role]: { ...mix[role], ...changes } };
}

/** A role's gain, 0 to 1: where any role is solo, only those are heard. Loudness goes with the square, as ears do. */
export function roleGain(mix: Mix, role: Role): number {
  const { volume, muted, solo } = mix[role];
  const isAudible = !muted && (solo || !ROLES.some((other) => mix[other].solo));
  return isAudible ? volume ** 2 : 0;
}

/** The roles of a piece that are heard. */
export function audibleRoles(mix: Mix, roles: readonly Role[]): Role[] {
  return roles.filter((role) => roleGain(mix, role) > 0);
}

/** Whether a piece of these roles sounds as it is. */
export function isNeutral(mix: Mix, roles: readonly Role[]): boolean {
  return roles.every((role) => roleGain(mix, role) === 1);
}
