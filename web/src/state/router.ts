/** Pages without reload: the address bar is the state, `navigate` changes it, the app listens. */

export const PAGES = {
  '/': 'Segue',
  '/fuse': 'Fuse · Segue',
  '/gallery': 'Gallery · Segue',
  '/how-it-works': 'How it works · Segue',
} as const;
export type PagePath = keyof typeof PAGES;

const NAVIGATION_EVENT = 'segue-navigated';

export function isPage(path: string): path is PagePath {
  return path in PAGES;
}

/** Goes to an address of this site. The same address again does nothing. */
export function navigate(address: string): void {
  const url = new URL(address, location.href);
  if (url.href === location.href) return;
  history.pushState(null, '', url);
  window.dispatchEvent(new Event(NAVIGATION_EVENT));
}

/** Changes the query of the present page, without a step in the history. Null takes a parameter away. */
export function setQuery(changes: Readonly<Record<string, string | null>>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(null, '', url);
}

/** Calls back after each change of address; returns the function that stops it. */
export function onNavigation(callback: () => void): () => void {
  window.addEventListener('popstate', callback);
  window.addEventListener(NAVIGATION_EVENT, callback);
  return () => {
    window.removeEventListener('popstate', callback);
    window.removeEventListener(NAVIGATION_EVENT, callback);
  };
}

/** The link that a plain click follows within the site; null where the browser should act by itself. */
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
