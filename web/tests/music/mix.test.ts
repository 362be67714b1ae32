import { describe, expect, it } from 'vitest';
import { ROLES } from '../../src/api/contract';
import { NEUTRAL_MIX, roleGain, audibleRoles, isNeutral, withLevel } from '../../src/music/mix';

describe('a mix', () => {
  it('is the piece as it is while all faders are up', () => {
    expect(isNeutral(NEUTRAL_MIX, ROLES)).toBe(true);
    expect(ROLES.map((role) => roleGain(NEUTRAL_MIX, role))).toEqual([1, 1, 1, 1]);
  });

  it('silences what is muted', () => {
    const mix = withLevel(NEUTRAL_MIX, 'drums', { muted: true });
    expect(audibleRoles(mix, ROLES)).toEqual(['lead', 'harmony', 'bass']);
    expect(isNeutral(mix, ROLES)).toBe(false);
    expect(isNeutral(mix, ['lead', 'bass'])).toBe(true);
  });

  it('lets only the soloists be heard, unless they are muted too', () => {
    const mix = withLevel(withLevel(NEUTRAL_MIX, 'lead', { solo: true }), 'bass', { solo: true });
    expect(audibleRoles(mix, ROLES)).toEqual(['lead', 'bass']);
    expect(audibleRoles(withLevel(mix, 'bass', { muted: true }), ROLES)).toEqual(['lead']);
  });

  it('turns a fader into a gain that ears take for even', () => {
    expect(roleGain(withLevel(NEUTRAL_MIX, 'lead', { volume: 0.5 }), 'lead')).toBe(0.25);
    expect(roleGain(withLevel(NEUTRAL_MIX, 'lead', { volume: 0 }), 'lead')).toBe(0);
  });
});
