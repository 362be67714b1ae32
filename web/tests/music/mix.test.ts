import { describe, expect, it } from 'vitest';
import { audibleRoles, isNeutral, NEUTRAL_MIX, roleGain, withLevel } from '../../src/music/mix';
import { ROLES } from '../../src/music/roles';

describe('a mix', () => {
  it('is neutral while all faders are up', () => {
    expect(isNeutral(NEUTRAL_MIX, ROLES)).toBe(true);
    expect(ROLES.map((role) => roleGain(NEUTRAL_MIX, role))).toEqual([1, 1, 1, 1]);
  });

  it('silences muted roles', () => {
    const mix = withLevel(NEUTRAL_MIX, 'drums', { muted: true });
    expect(audibleRoles(mix, ROLES)).toEqual(['lead', 'harmony', 'bass']);
    expect(isNeutral(mix, ROLES)).toBe(false);
    expect(isNeutral(mix, ['lead', 'bass'])).toBe(true);
  });

  it('plays only solo roles, unless they are muted too', () => {
    const mix = withLevel(withLevel(NEUTRAL_MIX, 'lead', { solo: true }), 'bass', { solo: true });
    expect(audibleRoles(mix, ROLES)).toEqual(['lead', 'bass']);
    expect(audibleRoles(withLevel(mix, 'bass', { muted: true }), ROLES)).toEqual(['lead']);
  });

  it('converts a fader position to a gain that feels even to the ear', () => {
    expect(roleGain(withLevel(NEUTRAL_MIX, 'lead', { volume: 0.5 }), 'lead')).toBe(0.25);
    expect(roleGain(withLevel(NEUTRAL_MIX, 'lead', { volume: 0 }), 'lead')).toBe(0);
  });
});
