import { describe, expect, it } from 'vitest';
import { ROLES } from '../src/api/contract';
import { NEUTRAL, gainOf, heardRoles, isNeutral, withLevel } from '../src/music/mix';

describe('a mix', () => {
  it('is the piece as it is while all faders are up', () => {
    expect(isNeutral(NEUTRAL, ROLES)).toBe(true);
    expect(ROLES.map((role) => gainOf(NEUTRAL, role))).toEqual([1, 1, 1, 1]);
  });

  it('silences what is muted', () => {
    const mix = withLevel(NEUTRAL, 'drums', { muted: true });
    expect(heardRoles(mix, ROLES)).toEqual(['lead', 'harmony', 'bass']);
    expect(isNeutral(mix, ROLES)).toBe(false);
    expect(isNeutral(mix, ['lead', 'bass'])).toBe(true);
  });

  it('lets only the soloists be heard, unless they are muted too', () => {
    const mix = withLevel(withLevel(NEUTRAL, 'lead', { solo: true }), 'bass', { solo: true });
    expect(heardRoles(mix, ROLES)).toEqual(['lead', 'bass']);
    expect(heardRoles(withLevel(mix, 'bass', { muted: true }), ROLES)).toEqual(['lead']);
  });

  it('turns a fader into a gain that ears take for even', () => {
    expect(gainOf(withLevel(NEUTRAL, 'lead', { volume: 0.5 }), 'lead')).toBe(0.25);
    expect(gainOf(withLevel(NEUTRAL, 'lead', { volume: 0 }), 'lead')).toBe(0);
  });
});
