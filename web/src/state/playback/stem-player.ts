/** The mixer: the level of each role of each piece. The player, the mixer's faders and the piano roll's legend share it. */
import type { Role } from '../../api/types';
import { NEUTRAL_MIX, audibleRoles, isNeutral, roleGain, withLevel, type Level, type Mix } from '../../music/mix';

interface Mixer {
  readonly roles: readonly Role[];
  mix: Mix;
}

/** Dispatches `change` when a level changes. */
export class StemPlayer extends EventTarget {
  private readonly mixers = new Map<string, Mixer>();

  mix(fileId: string): Mix {
    return this.mixers.get(fileId)?.mix ?? NEUTRAL_MIX;
  }

  /** The roles of a piece that sound now; null where nothing was changed, so that all of them sound. */
  audible(fileId: string): ReadonlySet<Role> | null {
    const mixer = this.mixers.get(fileId);
    return mixer === undefined ? null : new Set(audibleRoles(mixer.mix, mixer.roles));
  }

  /** The gain of each role of the piece, 0 for a silent one; null where it sounds as it was rendered. */
  gains(fileId: string): ReadonlyMap<Role, number> | null {
    const mixer = this.mixers.get(fileId);
    if (mixer === undefined || isNeutral(mixer.mix, mixer.roles)) return null;
    return new Map(mixer.roles.map((role) => [role, roleGain(mixer.mix, role)]));
  }

  isNeutral(fileId: string): boolean {
    return this.gains(fileId) === null;
  }

  /** Changes a role's level; `roles` are those that the piece has. */
  setLevel(fileId: string, roles: readonly Role[], role: Role, changes: Partial<Level>): void {
    const mixer = this.mixers.get(fileId) ?? { roles, mix: NEUTRAL_MIX };
    this.mixers.set(fileId, mixer);
    mixer.mix = withLevel(mixer.mix, role, changes);
    this.notify();
  }

  /** Mutes a role, or lets it sound again. */
  toggleMuted(fileId: string, roles: readonly Role[], role: Role): void {
    this.setLevel(fileId, roles, role, { muted: !this.mix(fileId)[role].muted });
  }

  reset(fileId: string): void {
    const mixer = this.mixers.get(fileId);
    if (mixer === undefined) return;
    mixer.mix = NEUTRAL_MIX;
    this.notify();
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

export const stemPlayer = new StemPlayer();
