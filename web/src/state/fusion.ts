/** State of the fusion page: its form, the two pieces and the job. It outlives the page's element. */
import {
  cancelJob,
  getFile,
  getJob,
  getStyles,
  newIdempotencyKey,
  setGrid,
  setTrackRole,
  submitJob,
  uploadFiles,
} from '../api/client';
import { isFinished, watchJob } from '../api/job-events';
import { toProblem } from '../api/problem';
import type { GridSource, Job, Method, PieceFile, Problem, RoleChoice, Style } from '../api/types';
import { sectionLabels } from '../music/section-names';
import { EMPTY_FORM, submitBlocker, type FusionForm } from './fusion-form';
import { buildRequest, formFromRequest } from './fusion-request';
import { setQuery } from './router';
import { sections } from './sections';

export type Side = 'a' | 'b';

export interface Slot {
  readonly state: 'empty' | 'loading' | 'ready';
  readonly file: PieceFile | null;
  readonly problem: Problem | null;
  /** What a person should know about the slot; no error. */
  readonly remark?: string;
  /** The job that transcribes a recording, while it is running. */
  readonly transcriptionJob?: Job | null;
}

const EMPTY_SLOT: Slot = { state: 'empty', file: null, problem: null };
const TOO_MANY_FILES = 'The first two files were added.';
const TRANSCRIPTION_CANCELLED: Problem = {
  type: 'about:blank',
  title: 'The recording was not transcribed',
  status: 0,
  detail: 'Its transcription was cancelled. Add the recording again to retry.',
};
const FORM_STORAGE_KEY = 'segue-form';

/** Dispatches `change` after every change. */
export class Fusion extends EventTarget {
  form: FusionForm = loadSavedForm() ?? EMPTY_FORM;
  readonly slots: Record<Side, Slot> = { a: EMPTY_SLOT, b: EMPTY_SLOT };
  styles: readonly Style[] = [];
  job: Job | null = null;
  problem: Problem | null = null;
  isSubmitting = false;
  private jobWatch: AbortController | null = null;
  /** Counts the loads of each slot, so that an outdated response is ignored. */
  private readonly loadVersions: Record<Side, number> = { a: 0, b: 0 };

  /** Why the form cannot be submitted, as a sentence; null where it can. */
  get submitBlocker(): string | null {
    if (this.slots.a.state === 'loading' || this.slots.b.state === 'loading') return 'A piece is still loading.';
    return submitBlocker(this.form, this.slots.a.file !== null, this.slots.b.file !== null);
  }

  get isBusy(): boolean {
    return this.isSubmitting || (this.job !== null && !isFinished(this.job));
  }

  updateForm(changes: Partial<FusionForm>): void {
    this.form = { ...this.form, ...changes };
    sessionStorage.setItem(FORM_STORAGE_KEY, JSON.stringify(this.form));
    if (changes.method !== undefined) {
      if (location.pathname === '/fuse') setQuery({ method: this.form.method });
      void this.loadStyles();
    }
    this.notify();
  }

  /** Loads what the URL names: the method, the pieces and the job. */
  syncFromUrl(query: URLSearchParams): void {
    const method = query.get('method');
    if (isMethod(method) && method !== this.form.method) this.form = { ...this.form, method };
    for (const side of ['a', 'b'] as const) {
      const fileId = query.get(side);
      if (fileId !== null && fileId !== this.slots[side].file?.file_id) void this.assignFile(side, fileId);
    }
    const jobId = query.get('job');
    if (jobId !== null && jobId !== this.job?.job_id) void this.resumeJob(jobId);
    this.updateUrl();
    void this.loadStyles();
  }

  /** Returns a link to the fusion page in its present state. */
  url(): string {
    const params = {
      method: this.form.method,
      a: this.slots.a.file?.file_id,
      b: this.slots.b.file?.file_id,
      job: this.job?.job_id,
    };
    const query = new URLSearchParams(
      Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    return `/fuse?${query}`;
  }

  /** Puts a stored file into a slot. */
  async assignFile(side: Side, fileId: string): Promise<void> {
    await this.loadSlot(side, () => getFile(fileId));
  }

  /**
   * Uploads files into the slots, two at most. The first goes into the given slot and the second into the other one;
   * without a slot, empty slots come first.
   */
  async assignFiles(files: readonly File[], side?: Side): Promise<void> {
    const isAFull = this.slots.a.state !== 'empty';
    const first = side ?? (isAFull && this.slots.b.state === 'empty' && files.length === 1 ? 'b' : 'a');
    const sides: readonly Side[] = first === 'a' ? ['a', 'b'] : ['b', 'a'];
    const loads = sides.flatMap((each, index) => {
      const file = files[index];
      return file === undefined ? [] : [this.loadSlot(each, () => uploadFile(file))];
    });
    await Promise.all(loads);
    if (files.length <= loads.length) return;
    this.slots[first] = { ...this.slots[first], remark: TOO_MANY_FILES };
    this.notify();
  }

  /** Empties a slot and cancels a transcription that is still running. */
  clearSlot(side: Side): void {
    const { transcriptionJob } = this.slots[side];
    if (transcriptionJob && !isFinished(transcriptionJob))
      void cancelJob(transcriptionJob.job_id).catch(() => undefined);
    this.loadVersions[side] += 1;
    this.slots[side] = EMPTY_SLOT;
    this.updateUrl();
    if (side === 'a') this.resetSectionWeights();
    this.notify();
  }

  swapSlots(): void {
    [this.slots.a, this.slots.b] = [this.slots.b, this.slots.a];
    for (const side of ['a', 'b'] as const) void this.watchTranscription(side, ++this.loadVersions[side]);
    this.updateUrl();
    this.resetSectionWeights();
    this.notify();
  }

  async setTrackRole(side: Side, track: number, role: RoleChoice): Promise<void> {
    const { file } = this.slots[side];
    if (file !== null) await this.loadSlot(side, () => setTrackRole(file.file_id, track, role));
  }

  async setGrid(side: Side, grid: GridSource): Promise<void> {
    const { file } = this.slots[side];
    if (file !== null) await this.loadSlot(side, () => setGrid(file.file_id, grid));
  }

  async submit(): Promise<void> {
    if (this.submitBlocker !== null || this.isBusy) return;
    this.problem = null;
    this.isSubmitting = true;
    this.notify();
    try {
      const { a, b } = this.slots;
      const fileIds: readonly [string, string] | null = a.file && b.file && [a.file.file_id, b.file.file_id];
      this.job = await submitJob(
        this.form.method,
        buildRequest(this.form, fileIds, sectionLabels(sections.get(a.file))),
        newIdempotencyKey(),
      );
      this.updateUrl();
      void this.trackJob(this.job.job_id);
    } catch (error) {
      this.problem = toProblem(error);
    }
    this.isSubmitting = false;
    this.notify();
  }

  async cancel(): Promise<void> {
    if (this.job === null) return;
    try {
      this.job = await cancelJob(this.job.job_id);
    } catch (error) {
      // 409: the job finished first, and its last event brings the outcome.
      if (toProblem(error).status !== 409) this.problem = toProblem(error);
    }
    this.notify();
  }

  private async resumeJob(jobId: string): Promise<void> {
    try {
      this.job = await getJob(jobId);
      if (loadSavedForm() === null && isMethod(this.job.method))
        this.form = formFromRequest(this.job.method, this.job.request);
      if (isMethod(this.job.method)) this.form = { ...this.form, method: this.job.method };
      this.loadParents(this.job);
      this.notify();
      if (!isFinished(this.job)) await this.trackJob(jobId);
    } catch (error) {
      this.problem = toProblem(error);
      this.notify();
    }
  }

  /** Fills empty slots with the job's pieces, for a link that names only the job. */
  private loadParents(job: Job): void {
    const [a, b] = (job.request['file_ids'] ?? []) as readonly (string | undefined)[];
    if (a !== undefined && this.slots.a.state === 'empty') void this.assignFile('a', a);
    if (b !== undefined && this.slots.b.state === 'empty') void this.assignFile('b', b);
  }

  private async trackJob(jobId: string): Promise<void> {
    this.jobWatch?.abort();
    const abort = new AbortController();
    this.jobWatch = abort;
    try {
      for await (const job of watchJob(jobId, abort.signal)) {
        this.job = job;
        this.notify();
      }
    } catch (error) {
      if (!abort.signal.aborted) this.problem = toProblem(error);
      this.notify();
    }
  }

  private async loadSlot(side: Side, get: () => Promise<PieceFile>): Promise<void> {
    const { file: previous } = this.slots[side];
    const version = ++this.loadVersions[side];
    this.slots[side] = { state: 'loading', file: previous, problem: null };
    this.notify();
    const slot = await fetchSlot(get, previous);
    if (version !== this.loadVersions[side]) return; // the slot has changed meanwhile
    this.slots[side] = slot;
    this.updateUrl();
    if (side === 'a' && previous !== null && previous.file_id !== slot.file?.file_id) this.resetSectionWeights();
    this.notify();
    void this.watchTranscription(side, version);
  }

  /** Section weights apply only to the piece that they were set for. */
  private resetSectionWeights(): void {
    if (Object.keys(this.form.sectionWeights).length > 0) this.updateForm({ sectionWeights: {} });
  }

  /** Watches the transcription of a slot's recording, for as long as the recording stays in the slot. */
  private async watchTranscription(side: Side, version: number): Promise<void> {
    const { file } = this.slots[side];
    if (file?.kind !== 'audio' || file.summary !== null || !file.job) return;
    const abort = new AbortController();
    try {
      for await (const job of watchJob(file.job, abort.signal)) {
        if (version !== this.loadVersions[side]) break;
        this.slots[side] = { state: 'ready', file, problem: null, transcriptionJob: job };
        this.notify();
        if (isFinished(job)) await this.applyTranscription(side, version, file, job);
      }
    } catch (error) {
      if (version !== this.loadVersions[side]) return;
      this.slots[side] = { ...EMPTY_SLOT, problem: toProblem(error) };
      this.notify();
    } finally {
      abort.abort();
    }
  }

  /** Puts the transcribed recording into the slot, or the reason why there is none. */
  private async applyTranscription(side: Side, version: number, file: PieceFile, job: Job): Promise<void> {
    const slot =
      job.state === 'succeeded'
        ? await fetchSlot(() => getFile(file.file_id), file)
        : { ...EMPTY_SLOT, problem: transcriptionProblem(file, job) };
    if (version !== this.loadVersions[side]) return;
    this.slots[side] = slot;
    this.updateUrl();
    this.notify();
  }

  private async loadStyles(): Promise<void> {
    if (this.styles.length > 0) return;
    try {
      this.styles = await getStyles();
      this.notify();
    } catch {
      // The style stays "any". The next visit retries, and submitting the form shows the problem.
    }
  }

  /** Does nothing on other pages: a late response must not change their URL. */
  private updateUrl(): void {
    if (location.pathname !== '/fuse') return;
    const { a, b } = this.slots;
    setQuery({
      ...(a.state === 'loading' ? {} : { a: a.file?.file_id ?? null }),
      ...(b.state === 'loading' ? {} : { b: b.file?.file_id ?? null }),
      ...(this.job === null ? {} : { job: this.job.job_id }),
      method: this.form.method,
    });
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

/** Returns a slot with the fetched file; on failure, with its previous file and the problem. */
async function fetchSlot(get: () => Promise<PieceFile>, previous: PieceFile | null): Promise<Slot> {
  try {
    return { state: 'ready', file: await get(), problem: null };
  } catch (error) {
    return { state: previous === null ? 'empty' : 'ready', file: previous, problem: toProblem(error) };
  }
}

async function uploadFile(file: File): Promise<PieceFile> {
  const [stored] = await uploadFiles([file]);
  if (stored === undefined) throw new Error('The server stored no file.');
  return stored;
}

/** Returns why a recording was not transcribed. It names the recording, since the slot is empty again. */
function transcriptionProblem(file: PieceFile, job: Job): Problem {
  return job.error === null ? TRANSCRIPTION_CANCELLED : { ...job.error, title: `${file.name}: ${job.error.title}` };
}

function isMethod(text: string | null): text is Method {
  return text === 'vae' || text === 'gan' || text === 'hybrid';
}

function loadSavedForm(): FusionForm | null {
  try {
    const saved: unknown = JSON.parse(sessionStorage.getItem(FORM_STORAGE_KEY) ?? 'null');
    return typeof saved === 'object' && saved !== null ? { ...EMPTY_FORM, ...saved } : null;
  } catch {
    return null;
  }
}

export const fusion = new Fusion();
