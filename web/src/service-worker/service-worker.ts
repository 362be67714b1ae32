/**
 * Keeps the page usable while the gateway is away: its files, what it last read of the library and the gallery, and the
 * pieces that `saved-pieces.ts` stores on this device.
 *
 * What belongs to an account is deleted as soon as another account, or none, uses the browser.
 */
import { precacheAndRoute, cleanupOutdatedCaches, matchPrecache } from 'workbox-precaching';
import { createPartialResponse } from 'workbox-range-requests';
import { registerRoute } from 'workbox-routing';
import { NetworkFirst } from 'workbox-strategies';
import { DATA_CACHE, PUBLIC_CACHE, SAVED_CACHE, savedAudioUrl } from '../offline/cache-names';

declare const self: ServiceWorkerGlobalScope;
/** The files of the built page; the build puts them here. */
declare const PAGE_FILES: { readonly url: string; readonly revision: string | null }[];
/** The addresses that show the page; all others are the gateway's. */
declare const PAGE_PATHS: readonly string[];

const NETWORK_TIMEOUT_S = 4;
const ACCOUNT_URL = '/me';

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

cleanupOutdatedCaches();
precacheAndRoute(PAGE_FILES, { directoryIndex: 'index.html', cleanURLs: false });

registerRoute(
  ({ request, url }) => request.mode === 'navigate' && PAGE_PATHS.includes(url.pathname),
  async ({ request }) => {
    const page = await matchPrecache('/index.html');
    try {
      return await fetch(request, { signal: AbortSignal.timeout(NETWORK_TIMEOUT_S * 1000) });
    } catch (error) {
      if (page !== undefined) return page;
      throw error;
    }
  },
);

registerRoute(({ url }) => url.pathname === ACCOUNT_URL, readAccount);
registerRoute(
  // Searches are not stored: each would be an entry of its own.
  ({ url }) => /^\/(library|jobs)$/.test(url.pathname) && !url.searchParams.has('q'),
  new NetworkFirst({ cacheName: DATA_CACHE }),
);
registerRoute(({ url }) => /^\/(gallery|styles)$/.test(url.pathname), new NetworkFirst({ cacheName: PUBLIC_CACHE }));
registerRoute(({ url }) => /^\/(files|download)\//.test(url.pathname), readPiece);
registerRoute(({ url }) => url.pathname.startsWith('/play/'), readAudio);
for (const method of ['POST', 'PUT', 'DELETE'] as const) {
  registerRoute(({ url }) => /^\/(accounts|sessions|me|passkeys)(\/|$)/.test(url.pathname), changeAccount, method);
}

interface RouteOptions {
  readonly request: Request;
  readonly url: URL;
}

/** Reads who uses the browser. If that is another account than before, nothing of the earlier one stays. */
async function readAccount({ request }: RouteOptions): Promise<Response> {
  const cache = await caches.open(DATA_CACHE);
  const before = await cache.match(ACCOUNT_URL);
  let response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (before !== undefined) return before;
    throw error;
  }
  if (!response.ok) return response;
  const previous = before === undefined ? null : await accountId(before);
  if (previous !== null && previous !== (await accountId(response))) await forgetAccount();
  await (await caches.open(DATA_CACHE)).put(ACCOUNT_URL, response.clone());
  return response;
}

async function accountId(response: Response): Promise<string | null> {
  const me = (await response.clone().json()) as { account?: { account_id?: string } | null };
  return me.account?.account_id ?? null;
}

async function changeAccount({ request, url }: RouteOptions): Promise<Response> {
  const response = await fetch(request);
  // An anonymous account that becomes a lasting one keeps its pieces; whoever else logs in is told apart by `/me`.
  const isLeaving = request.method === 'DELETE' && /^\/(sessions|me)(\/|$)/.test(url.pathname);
  if (response.ok && isLeaving) await forgetAccount();
  return response;
}

async function forgetAccount(): Promise<void> {
  await Promise.all([caches.delete(DATA_CACHE), caches.delete(SAVED_CACHE)]);
}

/** Reads facts or a download of a piece: from the gateway, or while it is away, what is stored on this device. */
async function readPiece({ request }: RouteOptions): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const saved = await findSaved(request.url);
    if (saved === undefined) throw error;
    return saved;
  }
}

/** Reads audio: of a stored piece, the stored audio stands in for any other rendering while the gateway is away. */
async function readAudio({ request, url }: RouteOptions): Promise<Response> {
  const exact = await findSaved(request.url);
  if (exact !== undefined) return withRange(request, exact);
  try {
    return await fetch(request);
  } catch (error) {
    const saved = await findSaved(savedAudioUrl(url.pathname.split('/').at(-1) ?? ''));
    if (saved === undefined) throw error;
    return withRange(request, saved);
  }
}

/** Media elements ask for ranges, and need a part as the answer. */
function withRange(request: Request, response: Response): Promise<Response> | Response {
  return request.headers.has('Range') ? createPartialResponse(request, response) : response;
}

/** Opens no cache that is not there: one made here would outlive the account whose pieces it is for. */
async function findSaved(url: string): Promise<Response | undefined> {
  return (await caches.has(SAVED_CACHE)) ? (await caches.open(SAVED_CACHE)).match(url) : undefined;
}
