/** Client-side routing: the URL is the state, `navigate` changes it, and the app reacts to it. */
import { msg } from '@lit/localize';

/** A page: its element, how to load its file, and its name in the navigation and the window's title. */
type Route = readonly [element: string, load: () => Promise<unknown>, name: () => string];

/**
 * All pages, in the order of the navigation.
 *
 * A new page needs one line here. If its path is also a resource of the API, it needs an entry in `_NEGOTIATED_PATHS`
 * of the gateway's `api/routes/web.py` as well.
 */
const ROUTES = {
  '/': ['home-page', () => import('../pages/home-page'), () => 'Segue'],
  '/fuse': ['fuse-page', () => import('../pages/fuse-page'), () => msg('Fuse')],
  '/library': ['library-page', () => import('../pages/library-page'), () => msg('Library')],
  '/batch': ['batch-page', () => import('../pages/batch-page'), () => msg('Several at once')],
  '/gallery': ['gallery-page', () => import('../pages/gallery-page'), () => msg('Gallery')],
  '/how-it-works': ['how-page', () => import('../pages/how-page'), () => msg('How it works')],
  '/account': ['account-page', () => import('../pages/account-page'), () => msg('Account')],
} as const satisfies Readonly<Record<string, Route>>;
export type PagePath = keyof typeof ROUTES;
/** The pages that the navigation lists; the logo leads to the home page, the desk and the library to batches. */
export const NAV_PATHS = (Object.keys(ROUTES) as PagePath[]).filter((path) => path !== '/' && path !== '/batch');

const NAVIGATION_EVENT = 'segue-navigated';

export function isPage(path: string): path is PagePath {
  return Object.hasOwn(ROUTES, path);
}

export function pageName(path: PagePath): string {
  return ROUTES[path][2]();
}

export function pageTitle(path: string): string {
  const name = isPage(path) ? pageName(path) : msg('Page not found');
  return name === 'Segue' ? name : `${name} · Segue`;
}

/** Loads a page and returns a new element of it. A page that was loaded before is not fetched again. */
export async function createPage(path: PagePath): Promise<HTMLElement> {
  const [element, load] = ROUTES[path];
  await load();
  return document.createElement(element);
}

/** Navigates to a URL of this site. Navigating to the current URL does nothing. */
export function navigate(href: string): void {
  const url = new URL(href, location.href);
  if (url.href === location.href) return;
  history.pushState(null, '', url);
  window.dispatchEvent(new Event(NAVIGATION_EVENT));
}

/** Changes the query of the current page without a history entry. Null removes a parameter. */
export function setQuery(changes: Readonly<Record<string, string | null>>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(history.state, '', url);
}

/** Replaces the present history entry, with what it remembers. */
export function replaceEntry(url: string, state: unknown): void {
  history.replaceState(state, '', url);
}

/** Adds a history entry for what the page shows already. */
export function pushEntry(url: string, state: unknown): void {
  history.pushState(state, '', url);
}

/** Calls back after each navigation; returns the function that unsubscribes. */
export function onNavigation(callback: () => void): () => void {
  window.addEventListener('popstate', callback);
  window.addEventListener(NAVIGATION_EVENT, callback);
  return () => {
    window.removeEventListener('popstate', callback);
    window.removeEventListener(NAVIGATION_EVENT, callback);
  };
}

/** Returns the internal link that a plain click follows; null where the browser should handle the click. */
export function internalLink(event: MouseEvent): string | null {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  ) {
    return null;
  }
  const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
  if (link === undefined || link.hasAttribute('download') || link.target !== '') return null;
  const url = new URL(link.href);
  return url.origin === location.origin && isPage(url.pathname) ? url.pathname + url.search : null;
}
