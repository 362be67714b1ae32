/** State of the library page: the entries, what is searched for, the running jobs, and what can be undone. */
import { writes } from '../api/client';
import {
  clearLibrary,
  deleteFile,
  getActiveJobs,
  getLibrary,
  renameFile,
  restoreFile,
  restoreLibrary,
  starFile,
  type LibraryQuery,
} from '../api/library';
import { toProblem } from '../api/problem';
import type { Job, LibraryItem, Problem } from '../api/types';
import { player } from './player';
import { onTabMessage } from './tabs';

/** What the list can be restricted to. */
export const KINDS = {
  all: {},
  blends: { method: 'vae' },
  generated: { method: 'gan' },
  hybrids: { method: 'hybrid' },
  uploads: { kind: 'midi' },
  recordings: { kind: 'audio' },
  previews: { method: 'steps' },
} as const satisfies Readonly<Record<string, LibraryQuery>>;
export type Kind = keyof typeof KINDS;

/** What is listed. */
export interface View {
  readonly words: string;
  readonly kind: Kind;
  readonly onlyStarred: boolean;
}

/** A deletion that can be undone: of one piece, or of so many. */
export interface Undo {
  readonly title: string | null;
  readonly count: number;
  readonly restore: () => Promise<unknown>;
}

export const EMPTY_VIEW: View = { words: '', kind: 'all', onlyStarred: false };

const REFRESH_DELAY_MS = 150;
const JOB_INTERVAL_MS = 1000;

/** Dispatches `change` after every change. */
export class Library extends EventTarget {
  /** Null until the first page has loaded. */
  items: readonly LibraryItem[] | null = null;
  /** The number of entries on all pages. */
  total = 0;
  /** The jobs that are queued or running. */
  jobs: readonly Job[] = [];
  view: View = EMPTY_VIEW;
  problem: Problem | null = null;
  undo: Undo | null = null;
  isLoadingMore = false;
  private cursor: string | null = null;
  private nPages = 1;
  /** Counts the loads, so that an outdated response is ignored. */
  private version = 0;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private jobTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly unsubscribe: (() => void)[] = [];

  get hasMore(): boolean {
    return this.cursor !== null;
  }

  get isRestricted(): boolean {
    return this.view.words !== '' || this.view.kind !== 'all' || this.view.onlyStarred;
  }

  /** Loads the library and keeps it up to date, until `disconnect` is called. */
  connect(): void {
    const refresh = () => this.scheduleRefresh();
    const onVisible = () => document.visibilityState === 'visible' && refresh();
    writes.addEventListener('change', refresh);
    window.addEventListener('focus', refresh);
    document.addEventListener('visibilitychange', onVisible);
    this.unsubscribe.push(
      () => writes.removeEventListener('change', refresh),
      () => window.removeEventListener('focus', refresh),
      () => document.removeEventListener('visibilitychange', onVisible),
      onTabMessage('library-changed', refresh),
      onTabMessage('account-changed', refresh),
    );
    void this.refresh();
  }

  disconnect(): void {
    for (const unsubscribe of this.unsubscribe.splice(0)) unsubscribe();
    clearTimeout(this.refreshTimer);
    clearTimeout(this.jobTimer);
  }

  /** Lists something else, from its first page. */
  setView(changes: Partial<View>): void {
    this.view = { ...this.view, ...changes };
    this.nPages = 1;
    this.notify();
    void this.refresh();
  }

  /** Loads all pages that are shown again, and the running jobs. */
  async refresh(): Promise<void> {
    const version = ++this.version;
    clearTimeout(this.refreshTimer);
    try {
      const [pages, jobs] = await Promise.all([this.fetchPages(this.nPages), getActiveJobs()]);
      if (version !== this.version) return;
      this.items = pages.items;
      this.total = pages.total;
      this.cursor = pages.cursor;
      this.problem = null;
      this.setJobs(jobs);
    } catch (error) {
      if (version !== this.version) return;
      this.problem = toProblem(error);
    }
    this.notify();
  }

  /** Loads the next page. */
  async loadMore(): Promise<void> {
    if (this.cursor === null || this.isLoadingMore) return;
    const version = ++this.version;
    this.isLoadingMore = true;
    this.notify();
    try {
      const page = await getLibrary(this.query(), this.cursor);
      if (version === this.version) {
        this.items = [...(this.items ?? []), ...page.items];
        this.cursor = page.cursor;
        this.total = page.total;
        this.nPages += 1;
      }
    } catch (error) {
      this.problem = toProblem(error);
    }
    this.isLoadingMore = false;
    this.notify();
  }

  /** Renames a piece; returns the problem if the name was refused. */
  async rename(item: LibraryItem, name: string): Promise<Problem | null> {
    try {
      const file = await renameFile(item.file_id, name);
      this.replace({ ...item, name: file.name, title: file.title });
      return null;
    } catch (error) {
      return toProblem(error);
    }
  }

  async toggleStar(item: LibraryItem): Promise<void> {
    await this.attempt(async () => {
      const file = await starFile(item.file_id, !item.starred);
      this.replace({ ...item, starred: file.starred, expires_at: file.expires_at });
    });
  }

  /** Deletes a piece; it leaves the list at once. */
  async remove(item: LibraryItem): Promise<void> {
    this.items = this.items?.filter((each) => each.file_id !== item.file_id) ?? null;
    this.total -= 1;
    if (player.isCurrent(item.file_id)) player.close();
    this.notify();
    await this.attempt(async () => {
      await deleteFile(item.file_id);
      this.undo = { title: item.title, count: 1, restore: () => restoreFile(item.file_id) };
    });
  }

  /** Deletes all pieces that are not starred, or all. */
  async clear(withStarred: boolean): Promise<void> {
    await this.attempt(async () => {
      const count = await clearLibrary(withStarred);
      if (player.piece !== null) player.close();
      this.undo = { title: null, count, restore: restoreLibrary };
    });
  }

  async restore(): Promise<void> {
    const { undo } = this;
    this.undo = null;
    this.notify();
    if (undo !== null) await this.attempt(undo.restore);
  }

  forgetUndo(): void {
    this.undo = null;
    this.notify();
  }

  private async attempt(change: () => Promise<unknown>): Promise<void> {
    let problem: Problem | null = null;
    try {
      await change();
    } catch (error) {
      problem = toProblem(error);
    }
    await this.refresh();
    this.problem ??= problem;
    this.notify();
  }

  private replace(item: LibraryItem): void {
    this.items = this.items?.map((each) => (each.file_id === item.file_id ? item : each)) ?? null;
    this.notify();
  }

  private query(): LibraryQuery {
    const { words, kind, onlyStarred } = this.view;
    return { ...(words === '' ? {} : { q: words }), ...KINDS[kind], ...(onlyStarred ? { starred: true } : {}) };
  }

  private async fetchPages(nPages: number) {
    const query = this.query();
    let page = await getLibrary(query, null);
    const items = [...page.items];
    for (let loaded = 1; loaded < nPages && page.cursor !== null; loaded += 1) {
      page = await getLibrary(query, page.cursor);
      items.push(...page.items);
    }
    return { items, total: page.total, cursor: page.cursor };
  }

  /** Follows the running jobs; where one has ended, its results are loaded. */
  private setJobs(jobs: readonly Job[]): void {
    const hasEnded = this.jobs.some((job) => jobs.every((each) => each.job_id !== job.job_id));
    this.jobs = jobs;
    clearTimeout(this.jobTimer);
    if (hasEnded) this.scheduleRefresh();
    if (jobs.length > 0) this.jobTimer = setTimeout(() => void this.pollJobs(), JOB_INTERVAL_MS);
  }

  private async pollJobs(): Promise<void> {
    try {
      this.setJobs(await getActiveJobs());
      this.notify();
    } catch {
      this.jobTimer = setTimeout(() => void this.pollJobs(), JOB_INTERVAL_MS);
    }
  }

  private scheduleRefresh(): void {
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => void this.refresh(), REFRESH_DELAY_MS);
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

export const library = new Library();
