/** Whether the gateway answers, as the page's calls find out; while it does not, it is asked again and again. */

const CHECK_DELAYS_MS = [1000, 2000, 4000, 8000];

/** Dispatches `change` when the gateway stops answering, and when it answers again. */
export class Connection extends EventTarget {
  isReachable = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private nChecks = 0;

  /** Records whether a call was answered, be it with a problem. */
  report(isReachable: boolean): void {
    if (isReachable === this.isReachable) return;
    this.isReachable = isReachable;
    clearTimeout(this.timer);
    this.nChecks = 0;
    if (!isReachable) this.scheduleCheck();
    this.dispatchEvent(new Event('change'));
  }

  /** Asks the gateway now. */
  async check(): Promise<void> {
    clearTimeout(this.timer);
    try {
      await fetch('/health/live', { cache: 'no-store' });
      this.report(true);
    } catch {
      this.report(false);
      this.scheduleCheck();
    }
  }

  private scheduleCheck(): void {
    clearTimeout(this.timer);
    const delay_ms = CHECK_DELAYS_MS[Math.min(this.nChecks++, CHECK_DELAYS_MS.length - 1)];
    this.timer = setTimeout(() => void this.check(), delay_ms);
  }
}

export const connection = new Connection();

/** Calls `fetch`, and records whether there was an answer. */
export async function fetchRecorded(input: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(input, init);
    // While the gateway is away, the service worker may answer in its place: only a check tells that it is back.
    if (!hasWorker()) connection.report(true);
    return response;
  } catch (error) {
    if (error instanceof TypeError) connection.report(false);
    throw error;
  }
}

function hasWorker(): boolean {
  return (
    typeof navigator !== 'undefined' && 'serviceWorker' in navigator && navigator.serviceWorker.controller !== null
  );
}

/** Follows what the browser knows of the network. */
export function watchNetwork(): void {
  // A page that was opened from what is stored has had no call that failed.
  if (!navigator.onLine) void connection.check();
  window.addEventListener('offline', () => connection.report(false));
  window.addEventListener('online', () => void connection.check());
}
