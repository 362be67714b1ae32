import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
  const stored = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
});

afterEach(() => vi.unstubAllGlobals());

describe('render settings', () => {
  it('are in the addresses of sound and downloads, not in those of notes and files as they are', async () => {
    const { downloadUrl, playUrl } = await import('../../src/api/client');
    const { renderSettings } = await import('../../src/state/playback/render-settings');
    expect(playUrl('f', [], 'opus')).toBe('/play/f?format=opus');
    renderSettings.set({ soundfont: 'a b', reverb: 0 });
    expect(playUrl('f', ['lead'], 'opus')).toBe('/play/f?format=opus&soundfont=a%20b&reverb=0&roles=lead');
    expect(playUrl('f')).toBe('/play/f');
    expect(downloadUrl('f', 'wav')).toBe('/download/f?format=wav&soundfont=a%20b&reverb=0');
    expect(downloadUrl('f', 'mid')).toBe('/download/f?format=mid');
  });

  it('do not apply to a recording', async () => {
    const { renderSettings } = await import('../../src/state/playback/render-settings');
    expect(renderSettings.exempt('r')).toBe(false);
    renderSettings.set({ chorus: 2 });
    expect(renderSettings.query('r')).toEqual([]);
    expect(renderSettings.exempt('f')).toBe(true);
    expect(renderSettings.exempt('f')).toBe(false);
  });

  it('are remembered', async () => {
    const { renderSettings } = await import('../../src/state/playback/render-settings');
    renderSettings.set({ reverb: 0.8 });
    vi.resetModules();
    const again = await import('../../src/state/playback/render-settings');
    expect(again.renderSettings.value).toEqual({ soundfont: '', reverb: 0.8, chorus: null });
  });
});
