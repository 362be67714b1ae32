/**
 * What each entry of the browser's history remembers of the fusion page.
 *
 * The address names the job and the pieces. The settings are in the entry's state, so that a reload and Back bring them
 * back; a link that is opened elsewhere gets those of the job.
 */
import type { Method } from '../../api/types';
import { EMPTY_FORM, type FusionForm } from './form';
import { replaceEntry, pushEntry } from '../router';
import { SIDES } from './sides';

const SAVE_DELAY_MS = 150;

/** A form with its pieces, as a job was submitted with them. */
export interface Submission {
  readonly form: FusionForm;
  readonly fileIds: readonly string[];
}

export interface Entry {
  readonly form: FusionForm;
  /** What the entry's job was submitted with; null where it is only known from the job. */
  readonly submission: Submission | null;
}

/** What the address names. */
export interface FusionLocation {
  readonly method: Method | null;
  readonly fileIds: readonly (string | null)[];
  readonly jobId: string | null;
}

export function readLocation(query: URLSearchParams): FusionLocation {
  const method = query.get('method');
  const named = SIDES.map((side) => query.get(side));
  const nNamed = named.reduce((last, fileId, index) => (fileId === null ? last : index + 1), 0);
  return { method: isMethod(method) ? method : null, fileIds: named.slice(0, nNamed), jobId: query.get('job') };
}

/** Returns the address of a job, with its pieces where they are others than the job's. */
export function fusionUrl({ method, fileIds, jobId }: FusionLocation): string {
  const query = new URLSearchParams();
  if (jobId !== null) query.set('job', jobId);
  else if (method !== null) query.set('method', method);
  fileIds.forEach((fileId, index) => {
    const side = SIDES[index];
    if (fileId !== null && side !== undefined) query.set(side, fileId);
  });
  return `/fuse?${query}`;
}

/** Reads what the present entry remembers; null for an entry that this page has not written. */
export function readEntry(): Entry | null {
  const { state } = history as { state: Partial<Entry> | null };
  if (typeof state?.form !== 'object') return null;
  return { form: { ...EMPTY_FORM, ...state.form }, submission: state.submission ?? null };
}

/** Writes the present entry, soon: browsers limit how often an entry may be written, and a slider changes often. */
export class EntryWriter {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next: (() => void) | null = null;

  constructor() {
    window.addEventListener('pagehide', () => this.flush());
  }

  save(url: string, entry: Entry): void {
    this.next = () => replaceEntry(url, entry);
    this.timer ??= setTimeout(() => this.flush(), SAVE_DELAY_MS);
  }

  push(url: string, entry: Entry): void {
    this.flush();
    pushEntry(url, entry);
  }

  /** Forgets what was to be written, e.g. because the browser shows another entry by now. */
  discard(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.next = null;
  }

  flush(): void {
    const write = this.next;
    this.discard();
    if (location.pathname === '/fuse') write?.();
  }
}

function isMethod(text: string | null): text is Method {
  return text === 'vae' || text === 'gan' || text === 'hybrid';
}
