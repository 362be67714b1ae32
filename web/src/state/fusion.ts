/** What the fusion page knows: its form, the two pieces and the job. It outlives the page's element. */
import { cancelJob, getFile, getJob, getStyles, newIdempotencyKey, overrideRole, submit, upload } from '../api/client';
import {
  isOver,
  type Job,
  type Method,
  type PieceFile,
  type Problem,
  type RoleChoice,
  type Style,
} from '../api/contract';
import { watchJob } from '../api/job-events';
import { problemOf } from '../api/problem';
import { EMPTY_FORM, formOf, requestOf, whyNot, type FusionForm } from './request';
import { setQuery } from './router';
import { labelsOf, sections } from './sections';

export type Side = 'a' | 'b';

export interface Slot {
  readonly state: 'empty' | 'loading' | 'ready';
  readonly file: PieceFile | null;
  readonly problem: Problem | null;
  /** Of a recording that is being written down. */
  readonly hearing?: Job | null;
}

const EMPTY_SLOT: Slot = { state: 'empty', file: null, problem: null };
const TOO_MANY_FILES: Problem = {
  type: 'about:blank',
  title: 'Two pieces make a blend',
  status: 0,
  detail: 'The first two files were taken, the others left.',
};
const NOT_WRITTEN_DOWN: Problem = {
  type: 'about:blank',
  title: 'The recording was not written down',
  status: 0,
  detail: 'Its transcription was cancelled. Add the recording again to try once more.',
};
const SAVED_FORM = 'segue-form';

/** Dispatches `change` after each change of anything. */
export class Fusion extends EventTarget {
  form: FusionForm = savedForm() ?? EMPTY_FORM;
  readonly slots: Record<Side, Slot> = { a: EMPTY_SLOT, b: EMPTY_SLOT };
  styles: readonly Style[] = [];
  job: Job | null = null;
  problem: Problem | null = null;
  isSubmitting = false;
  private watching: AbortController | null = null;
  private readonly fillings: Record<Side, number> = { a: 0, b: 0 };

  /** The reason why the form cannot be sent; null when it can. */
  get obstacle(): string | null {
    if (this.slots.a.state === 'loading' || this.slots.b.state === 'loading') return 'A piece is still being read.';
    return whyNot(this.form, this.slots.a.file !== null, this.slots.b.file !== null);
  }

  get isWorking(): boolean {
    return this.isSubmitting || (this.job !== null && !isOver(this.job));
  }

  set(changes: Partial<FusionForm>): void {
    this.form = { ...this.form, ...changes };
    sessionStorage.setItem(SAVED_FORM, JSON.stringify(this.form));
    if (changes.method !== undefined) {
      if (location.pathname === '/fuse') setQuery({ method: this.form.method });
      void this.loadStyles();
    }
    this.changed();
  }

  /** Takes up what the address names: the method, the pieces, the job. */
  adopt(query: URLSearchParams): void {
    const method = query.get('method');
    if (isMethod(method) && method !== this.form.method) this.form = { ...this.form, method };
    for (const side of ['a', 'b'] as const) {
      const fileId = query.get(side);
      if (fileId !== null && fileId !== this.slots[side].file?.file_id) void this.use(side, fileId);
    }
    const jobId = query.get('job');
    if (jobId !== null && jobId !== this.job?.job_id) void this.resume(jobId);
    this.writeAddress();
    void this.loadStyles();
  }

  /** The fusion page with what it holds now. */
  address(): string {
    const held = {
      method: this.form.method,
      a: this.slots.a.file?.file_id,
      b: this.slots.b.file?.file_id,
      job: this.job?.job_id,
    };
    const query = new URLSearchParams(
      Object.entries(held).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    return `/fuse?${query}`;
  }

  /** Puts a file that Segue has already into a slot. */
  async use(side: Side, fileId: string): Promise<void> {
    await this.fill(side, () => getFile(fileId));
  }

  /** Uploads files: the first into the slot, a second one into the other. */
  async add(side: Side, files: readonly File[]): Promise<void> {
    const [first, second, ...others] = files;
    if (first !== undefined) await this.fill(side, () => uploadOne(first));
    if (second !== undefined) await this.fill(side === 'a' ? 'b' : 'a', () => uploadOne(second));
    if (others.length === 0) return;
    this.slots[side] = { ...this.slots[side], problem: TOO_MANY_FILES };
    this.changed();
  }

  /** Empties a slot; a recording that nobody waits for any more is not written down to the end. */
  clear(side: Side): void {
    const { hearing } = this.slots[side];
    if (hearing && !isOver(hearing)) void cancelJob(hearing.job_id).catch(() => undefined);
    this.fillings[side] += 1;
    this.slots[side] = EMPTY_SLOT;
    this.writeAddress();
    if (side === 'a') this.forgetSections();
    this.changed();
  }

  swap(): void {
    [this.slots.a, this.slots.b] = [this.slots.b, this.slots.a];
    for (const side of ['a', 'b'] as const) void this.hear(side, ++this.fillings[side]);
    this.writeAddress();
    this.forgetSections();
    this.changed();
  }

  async setRole(side: Side, track: number, role: RoleChoice): Promise<void> {
    const { file } = this.slots[side];
    if (file !== null) await this.fill(side, () => overrideRole(file.file_id, track, role));
  }

  async start(): Promise<void> {
    if (this.obstacle !== null || this.isWorking) return;
    this.problem = null;
    this.isSubmitting = true;
    this.changed();
    try {
      const { a, b } = this.slots;
      const fileIds: readonly [string, string] | null = a.file && b.file && [a.file.file_id, b.file.file_id];
      this.job = await submit(
        this.form.method,
        requestOf(this.form, fileIds, labelsOf(sections.of(a.file))),
        newIdempotencyKey(),
      );
      this.writeAddress();
      void this.follow(this.job.job_id);
    } catch (thrown) {
      this.problem = problemOf(thrown);
    }
    this.isSubmitting = false;
    this.changed();
  }

  async cancel(): Promise<void> {
    if (this.job === null) return;
    try {
      this.job = await cancelJob(this.job.job_id);
    } catch (thrown) {
      // 409: it finished first, and its last event tells the rest.
      if (problemOf(thrown).status !== 409) this.problem = problemOf(thrown);
    }
    this.changed();
  }

  private async resume(jobId: string): Promise<void> {
    try {
      this.job = await getJob(jobId);
      if (savedForm() === null && isMethod(this.job.method)) this.form = formOf(this.job.method, this.job.request);
      if (isMethod(this.job.method)) this.form = { ...this.form, method: this.job.method };
      this.takeParents(this.job);
      this.changed();
      if (!isOver(this.job)) await this.follow(jobId);
    } catch (thrown) {
      this.problem = problemOf(thrown);
      this.changed();
    }
  }

  /** A link that names only the job brings its pieces along. */
  private takeParents(job: Job): void {
    const [a, b] = (job.request['file_ids'] ?? []) as readonly (string | undefined)[];
    if (a !== undefined && this.slots.a.state === 'empty') void this.use('a', a);
    if (b !== undefined && this.slots.b.state === 'empty') void this.use('b', b);
  }

  private async follow(jobId: string): Promise<void> {
    this.watching?.abort();
    const watching = new AbortController();
    this.watching = watching;
    try {
      for await (const job of watchJob(jobId, watching.signal)) {
        this.job = job;
        this.changed();
      }
    } catch (thrown) {
      if (!watching.signal.aborted) this.problem = problemOf(thrown);
      this.changed();
    }
  }

  private async fill(side: Side, get: () => Promise<PieceFile>): Promise<void> {
    const { file: before } = this.slots[side];
    const filling = ++this.fillings[side];
    this.slots[side] = { state: 'loading', file: before, problem: null };
    this.changed();
    const filled = await slotFrom(get, before);
    if (filling !== this.fillings[side]) return; // something else was put there meanwhile
    this.slots[side] = filled;
    this.writeAddress();
    if (side === 'a' && before !== null && before.file_id !== filled.file?.file_id) this.forgetSections();
    this.changed();
    void this.hear(side, filling);
  }

  /** Weights of sections belong to the piece that lay in A. */
  private forgetSections(): void {
    if (Object.keys(this.form.sectionWeights).length > 0) this.set({ sectionWeights: {} });
  }

  /** Follows a recording in a slot until it is written down, for as long as it lies there. */
  private async hear(side: Side, filling: number): Promise<void> {
    const { file } = this.slots[side];
    if (file?.kind !== 'audio' || file.summary !== null || !file.job) return;
    const watching = new AbortController();
    try {
      for await (const job of watchJob(file.job, watching.signal)) {
        if (filling !== this.fillings[side]) break;
        this.slots[side] = { state: 'ready', file, problem: null, hearing: job };
        this.changed();
        if (isOver(job)) await this.settle(side, filling, file, job);
      }
    } catch (thrown) {
      if (filling !== this.fillings[side]) return;
      this.slots[side] = { ...EMPTY_SLOT, problem: problemOf(thrown) };
      this.changed();
    } finally {
      watching.abort();
    }
  }

  /** Puts what was written down into the slot, or says why there is nothing. */
  private async settle(side: Side, filling: number, file: PieceFile, job: Job): Promise<void> {
    const settled =
      job.state === 'succeeded'
        ? await slotFrom(() => getFile(file.file_id), file)
        : { ...EMPTY_SLOT, problem: whyNotHeard(file, job) };
    if (filling !== this.fillings[side]) return;
    this.slots[side] = settled;
    this.writeAddress();
    this.changed();
  }

  private async loadStyles(): Promise<void> {
    if (this.styles.length > 0) return;
    try {
      this.styles = await getStyles();
      this.changed();
    } catch {
      // The styles stay "any"; the next visit asks again, and sending the form tells what is wrong.
    }
  }

  /** Only on the fusion page: a late answer must not write into another page's address. */
  private writeAddress(): void {
    if (location.pathname !== '/fuse') return;
    const { a, b } = this.slots;
    setQuery({
      ...(a.state === 'loading' ? {} : { a: a.file?.file_id ?? null }),
      ...(b.state === 'loading' ? {} : { b: b.file?.file_id ?? null }),
      ...(this.job === null ? {} : { job: this.job.job_id }),
      method: this.form.method,
    });
  }

  private changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}

/** A slot with what `get` brings; when that fails, with what it held before and the problem. */
async function slotFrom(get: () => Promise<PieceFile>, before: PieceFile | null): Promise<Slot> {
  try {
    return { state: 'ready', file: await get(), problem: null };
  } catch (thrown) {
    return { state: before === null ? 'empty' : 'ready', file: before, problem: problemOf(thrown) };
  }
}

async function uploadOne(file: File): Promise<PieceFile> {
  const [stored] = await upload([file]);
  if (stored === undefined) throw new Error('The server stored no file.');
  return stored;
}

/** Why a recording is not written down; the slot is empty again, so that it says of which. */
function whyNotHeard(file: PieceFile, job: Job): Problem {
  return job.error === null ? NOT_WRITTEN_DOWN : { ...job.error, title: `${file.name}: ${job.error.title}` };
}

function isMethod(text: string | null): text is Method {
  return text === 'vae' || text === 'gan' || text === 'hybrid';
}

function savedForm(): FusionForm | null {
  try {
    const saved: unknown = JSON.parse(sessionStorage.getItem(SAVED_FORM) ?? 'null');
    return typeof saved === 'object' && saved !== null ? { ...EMPTY_FORM, ...saved } : null;
  } catch {
    return null;
  }
}

export const fusion = new Fusion();
