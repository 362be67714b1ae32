/** Elements that the fusion page does not need at once: loaded when they are shown, or once the browser is idle. */

const MODULES = {
  'attribute-sliders': () => import('./blend/attribute-sliders'),
  'curve-editor': () => import('./blend/curve-editor'),
  'job-result': () => import('./job/job-result'),
  'piece-controls': () => import('./form/piece-controls'),
  'role-weights': () => import('./blend/role-weights'),
  'section-weights': () => import('./blend/section-weights'),
  'style-fields': () => import('./form/style-fields'),
} as const;
export type LaterElement = keyof typeof MODULES;

/** The longest time that a browser which is never idle leaves the elements out. */
const IDLE_TIMEOUT_MS = 4000;
const RETRY_MS = 3000;

const loading = new Set<LaterElement>();

/** Loads an element, which appears where it stands in the page. Without a connection it is tried again until it is there. */
export function loadElement(name: LaterElement): void {
  if (loading.has(name)) return;
  loading.add(name);
  void MODULES[name]().catch(() => {
    loading.delete(name);
    setTimeout(() => loadElement(name), RETRY_MS);
  });
}

/** Loads all elements when the browser is idle, one after another, so that none is missing without a connection. */
export function loadElementsWhenIdle(): void {
  const names = Object.keys(MODULES) as LaterElement[];
  const loadNext = (): void => {
    const name = names.shift();
    if (name === undefined) return;
    loadElement(name);
    whenIdle(loadNext);
  };
  whenIdle(loadNext);
}

/** Safari has no `requestIdleCallback`. */
function whenIdle(callback: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(callback, { timeout: IDLE_TIMEOUT_MS });
  else setTimeout(callback, IDLE_TIMEOUT_MS / 4);
}
