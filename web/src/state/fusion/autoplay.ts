/** Whether a finished piece plays by itself. The switch is remembered by the browser. */
import type { Job } from '../../api/types';
import { player } from '../player';

const STORAGE_KEY = 'segue-autoplay';

/** Dispatches `change` when the switch changes. */
export class Autoplay extends EventTarget {
  isOn = readSwitch();

  set(isOn: boolean): void {
    this.isOn = isOn;
    try {
      localStorage.setItem(STORAGE_KEY, isOn ? 'on' : 'off');
    } catch {
      // The browser stores nothing: the switch lasts until the page is left.
    }
    this.dispatchEvent(new Event('change'));
  }

  /** Plays the first piece of a job that the user started, if the user still looks at the page. */
  play(job: Job): void {
    const [piece] = job.results;
    if (!this.isOn || piece === undefined || document.visibilityState !== 'visible' || location.pathname !== '/fuse') {
      return;
    }
    void player.play({ fileId: piece.file_id, title: piece.title }, 0);
  }
}

function readSwitch(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) !== 'off';
  } catch {
    return true;
  }
}

export const autoplay = new Autoplay();
