/** The player's settings that are kept over a reload. */

export interface PlayerSettings {
  /** 0 to 1. */
  readonly volume: number;
  readonly hasMetronome: boolean;
  readonly hasCountIn: boolean;
  /** Whether single letters and digits are shortcuts. */
  readonly hasLetterKeys: boolean;
}

const STORAGE_KEY = 'segue-player';
const DEFAULTS: PlayerSettings = { volume: 1, hasMetronome: false, hasCountIn: false, hasLetterKeys: true };

/** Dispatches `change` when a setting changes. */
export class PlayerSettingsStore extends EventTarget {
  value: PlayerSettings = readSettings();

  set(changes: Partial<PlayerSettings>): void {
    this.value = { ...this.value, ...changes };
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(this.value));
    } catch {
      // Without storage the settings last until the page is closed.
    }
    this.dispatchEvent(new Event('change'));
  }
}

function readSettings(): PlayerSettings {
  try {
    const saved = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}') as Partial<PlayerSettings>;
    const volume = typeof saved.volume === 'number' ? Math.min(1, Math.max(0, saved.volume)) : DEFAULTS.volume;
    return { ...DEFAULTS, ...saved, volume };
  } catch {
    return DEFAULTS;
  }
}

export const playerSettings = new PlayerSettingsStore();
