import { describe, expect, it, vi } from 'vitest';
import { downloadUrl, playUrl } from '../../src/api/client';
import { StemPlayer } from '../../src/state/playback/stem-player';

const ROLES = ['lead', 'bass', 'drums'] as const;

describe('StemPlayer', () => {
  it('leaves a piece as it is until a level changes', () => {
    const mixer = new StemPlayer();
    expect([mixer.gains('f'), mixer.audible('f'), mixer.isNeutral('f')]).toEqual([null, null, true]);
    const onChange = vi.fn();
    mixer.addEventListener('change', onChange);
    mixer.setLevel('f', ROLES, 'bass', { volume: 0.5 });
    expect(Object.fromEntries(mixer.gains('f') ?? [])).toEqual({ lead: 1, bass: 0.25, drums: 1 });
    expect([onChange.mock.calls.length, mixer.isNeutral('f'), mixer.gains('other')]).toEqual([1, false, null]);
    mixer.reset('f');
    expect(mixer.gains('f')).toBeNull();
  });

  it('says which roles sound', () => {
    const mixer = new StemPlayer();
    mixer.toggleMuted('f', ROLES, 'drums');
    expect(mixer.audible('f')).toEqual(new Set(['lead', 'bass']));
    mixer.setLevel('f', ROLES, 'bass', { solo: true });
    expect(mixer.audible('f')).toEqual(new Set(['bass']));
    mixer.setLevel('f', ROLES, 'bass', { solo: false });
    mixer.toggleMuted('f', ROLES, 'drums');
    expect(mixer.audible('f')).toEqual(new Set(ROLES));
  });
});

describe('addresses of sound', () => {
  it('name the format and the roles', () => {
    expect(playUrl('f')).toBe('/play/f');
    expect(playUrl('f', ['lead', 'bass'], 'opus')).toBe('/play/f?format=opus&roles=lead,bass');
  });

  it('save the roles that sound, at their levels', () => {
    expect(downloadUrl('f', 'wav')).toBe('/download/f?format=wav');
    const mixed = new Map([
      ['lead', 0.64],
      ['bass', 1],
      ['drums', 0],
    ] as const);
    expect(downloadUrl('f', 'mp3', mixed)).toBe('/download/f?format=mp3&roles=lead,bass&levels=lead:0.64');
    const silent = new Map([['lead', 0]] as const);
    expect(downloadUrl('f', 'wav', silent)).toBe('/download/f?format=wav&levels=lead:0');
  });
});
