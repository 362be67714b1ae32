/** The notes of the pieces that were shown last, so that switching between them shows them at once. */
import { getNotes } from '../../api/client';
import type { Notes } from '../../api/types';

const MAX_PIECES = 24;

const cache = new Map<string, Promise<Notes>>();

export function cachedNotes(fileId: string): Promise<Notes> {
  const known = cache.get(fileId);
  const notes = known ?? getNotes(fileId);
  // Setting it anew makes it the last one that is dropped.
  cache.delete(fileId);
  cache.set(fileId, notes);
  if (known === undefined) notes.catch(() => cache.delete(fileId));
  const [oldest] = cache.keys();
  if (cache.size > MAX_PIECES && oldest !== undefined) cache.delete(oldest);
  return notes;
}

/** Forgets the notes of a piece whose roles or beats have changed. */
export function forgetNotes(fileId: string): void {
  cache.delete(fileId);
}
