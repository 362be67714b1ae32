/** Calls of shares: the links under which anyone can open a piece. */
import { jsonBody, requestJson } from './client';
import type { Share, SharedGallery } from './types';

/** Makes a link to a piece. It ends after a number of days; null for one that lasts until it is ended. */
export function createShare(fileId: string, days: number | null, published: boolean): Promise<Share> {
  return requestJson(`/files/${encodeURIComponent(fileId)}/share`, jsonBody('POST', { days, published }));
}

/** Returns the links to a piece that have not ended, the newest first. */
export async function getShares(fileId: string): Promise<readonly Share[]> {
  return (await requestJson<{ shares: Share[] }>(`/files/${encodeURIComponent(fileId)}/shares`)).shares;
}

/** Ends a link: whoever opens it is told so. */
export function endShare(share: Share): Promise<void> {
  const query = new URLSearchParams({ file_id: share.file_id });
  return requestJson(`/shares/${encodeURIComponent(share.slug)}?${query}`, { method: 'DELETE' });
}

/** Returns the pieces that people have published, the newest first, or those after a cursor. */
export function getSharedGallery(cursor: string | null): Promise<SharedGallery> {
  return requestJson(`/gallery/shared${cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`}`);
}
