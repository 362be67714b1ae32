/** Stores the starred pieces on this device, so that they play while the gateway is away. */
import { fetchJson, writes } from '../api/client';
import { getLibrary } from '../api/library';
import type { Library } from '../api/types';
import { onTabMessage } from '../state/tabs';
import { SAVED_CACHE, savedAudioUrl } from './cache-names';

/** Pages of the library that are looked at: 50 pieces each, about 2 MB of audio a piece. */
const MAX_PAGES = 2;

const START_DELAY_MS = 3000;
const SAVE_DELAY_MS = 500;
const FIRST_READ = ['/me', '/library', '/gallery', '/styles'];

/** Returns the addresses that are stored of a piece: its facts, notes, MIDI and audio. */
export function savedUrls(fileId: string): readonly string[] {
  const id = encodeURIComponent(fileId);
  return [`/files/${id}`, `/files/${id}/notes`, `/download/${id}?format=mid`, savedAudioUrl(fileId)];
}

/** Returns which stored addresses to delete and which to fetch. */
export function planSaved(
  starred: readonly string[],
  stored: readonly string[],
): { readonly outdated: readonly string[]; readonly missing: readonly string[] } {
  const wanted = starred.flatMap(savedUrls);
  return {
    outdated: stored.filter((url) => !wanted.includes(url)),
    missing: wanted.filter((url) => !stored.includes(url)),
  };
}

async function fetchStarred(): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, cursor: next }: Library = await getLibrary({ starred: true }, cursor);
    ids.push(...items.map((item) => item.file_id));
    if (next === null) break;
    cursor = next;
  }
  return ids;
}

/** Brings what is stored in line with the stars. Where something cannot be fetched now, the next time fetches it. */
async function syncSaved(): Promise<void> {
  const starred = await fetchStarred();
  if (starred.length === 0 && !(await caches.has(SAVED_CACHE))) return;
  const cache = await caches.open(SAVED_CACHE);
  const stored = (await cache.keys()).map(({ url }) => new URL(url).pathname + new URL(url).search);
  const { outdated, missing } = planSaved(starred, stored);
  await Promise.all(outdated.map((url) => cache.delete(url)));
  for (const url of missing) await cache.add(url).catch(() => undefined);
}

let running: Promise<void> = Promise.resolve();

/** Brings what is stored in line with the stars, after what is under way. */
export function saveStarred(): void {
  running = running.then(() => syncSaved()).catch(() => undefined);
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Waits until nothing has changed for a while. */
function saveSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(saveStarred, SAVE_DELAY_MS);
}

/** Waits until the service worker sees the calls of this page, which may be a moment after it is ready. */
async function workerInCharge(): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller !== null) return;
  await new Promise((resolve) => serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

/** Registers the service worker once the page is idle, and keeps the starred pieces from then on. */
export function startOffline(): void {
  // Neither exists where the page is served without TLS under another name than localhost.
  if (!('serviceWorker' in navigator) || !('caches' in window) || import.meta.env.DEV) return;
  const start = async () => {
    const isFirst = navigator.serviceWorker.controller === null;
    await navigator.serviceWorker.register('/service-worker.js');
    await workerInCharge();
    // What the page has read before the worker saw its calls is read once more, so that it is stored.
    if (isFirst) await Promise.all(FIRST_READ.map((path) => fetchJson(path).catch(() => undefined)));
    saveStarred();
    onTabMessage('library-changed', saveSoon);
    writes.addEventListener('change', saveSoon);
  };
  // After the page itself, with which it would compete for the network.
  setTimeout(() => void start().catch(() => undefined), START_DELAY_MS);
}
