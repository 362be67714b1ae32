/** Client-side routing: the URL is the state, `navigate` changes it, and the app reacts to it. */

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
  history.replaceState(null, '', url);
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
