/**
 * Leads to a bar: any element dispatches `seek-bar`, which bubbles to the window, and the piece plays from there.
 *
 * Import this module for its effect.
 */
import { getNotes } from '../../api/client';
import { player } from '../player';

export interface SeekBarDetail {
  readonly fileId: string;
  /** The title of the piece, if it has to be opened in the player. */
  readonly title: string;
  /** Counted from 0. */
  readonly bar: number;
}

/** Dispatches the event at an element. */
export function requestBar(element: HTMLElement, detail: SeekBarDetail): void {
  element.dispatchEvent(new CustomEvent<SeekBarDetail>('seek-bar', { detail, bubbles: true, composed: true }));
}

const onsets = new Map<string, readonly number[]>();

async function playBar({ fileId, title, bar }: SeekBarDetail): Promise<void> {
  const bars_s = onsets.get(fileId) ?? (await getNotes(fileId)).bars_s;
  onsets.set(fileId, bars_s);
  await player.play({ fileId, title }, bars_s[bar] ?? bars_s.at(-1) ?? 0);
}

window.addEventListener('seek-bar', (event) => {
  // For a piece that no longer exists, the player shows the problem.
  void playBar(event.detail).catch(() => player.play({ fileId: event.detail.fileId, title: event.detail.title }));
});

declare global {
  interface WindowEventMap {
    'seek-bar': CustomEvent<SeekBarDetail>;
  }
}
