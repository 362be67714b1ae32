/** With which instruments and in which room pieces are played and downloaded. The browser remembers it. */
import { renderWith } from '../../api/client';

export interface RenderSettings {
  /** The name of a SoundFont; empty for the default one. */
  readonly soundfont: string;
  /** Level of the reverb, 0 to 1; null for what fits the piece. */
  readonly reverb: number | null;
  /** Level of the chorus, 0 to 10; null for what fits the piece. */
  readonly chorus: number | null;
}

const STORAGE_KEY = 'segue-sound';
const DEFAULTS: RenderSettings = { soundfont: '', reverb: null, chorus: null };

/** Dispatches `change` when a setting changes. */
export class RenderSettingsStore extends EventTarget {
  value: RenderSettings = readSettings();
  /** Recordings, which are played as they are. */
  private readonly recordings = new Set<string>();

  set(changes: Partial<RenderSettings>): void {
    this.value = { ...this.value, ...changes };
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(this.value));
    } catch {
      // Without storage the settings last until the page is closed.
    }
    this.dispatchEvent(new Event('change'));
  }

  /** Returns the parameters of the addresses of a piece's sound. */
  query(fileId: string): readonly string[] {
    if (this.recordings.has(fileId)) return [];
    const given = Object.entries(this.value).filter(([, value]) => value !== null && value !== '');
    return given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  }

  /** Plays a file as it is from now on; returns false where that changes nothing. */
  exempt(fileId: string): boolean {
    const isNews = this.query(fileId).length > 0;
    this.recordings.add(fileId);
    return isNews;
  }
}

function readSettings(): RenderSettings {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}') as Partial<RenderSettings>) };
  } catch {
    return DEFAULTS;
  }
}

export const renderSettings = new RenderSettingsStore();
renderWith((fileId) => renderSettings.query(fileId));
