/** What the page and its service worker both know of the caches. */

/** What was last read of the library and the account. */
export const DATA_CACHE = 'segue-data';
/** What was last read of the gallery. */
export const PUBLIC_CACHE = 'segue-public';
/** Pieces that play while the gateway is away. */
export const SAVED_CACHE = 'segue-saved';

/** Returns the address of the audio that is stored of a piece. */
export function savedAudioUrl(fileId: string): string {
  return `/play/${encodeURIComponent(fileId)}?format=opus`;
}
