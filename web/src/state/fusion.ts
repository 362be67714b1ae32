/** State of the fusion page: its form, the pieces and the job. It outlives the page's element. */
import { msg } from '@lit/localize';
import { cancelJob, getJob, getStyles, newIdempotencyKey, submitJob } from '../api/client';
import { isFinished, watchJob } from '../api/job-events';
import { toProblem } from '../api/problem';
import type { GridSource, Job, Method, Problem, RoleChoice, Style } from '../api/types';
import { sectionLabels } from '../music/blends/section-names';
import { autoplay } from './fusion/autoplay';
import { EMPTY_FORM, submitBlocker, type FusionForm } from './fusion/form';
import { EntryWriter, fusionUrl, readEntry, readLocation, type Submission } from './fusion/history-entry';
import { buildRequest, formFromRequest, isSameRequest } from './fusion/request';
import { resultView } from './result-view';
import { sections } from './sections';
import { MIN_PIECES, resizeShares, SIDES, withoutShare, type Side } from './fusion/sides';
import { Slots, type Slot } from './fusion/slots';

export type { Side } from './fusion/sides';
export type { Slot } from './fusion/slots';

/** Dispatches `change` after every change. */
export class Fusion extends EventTarget {
  form: FusionForm = EMPTY_FORM;
  readonly pieces = new Slots();
  styles: readonly Style[] = [];
  job: Job | null = null;
  /** The last finished job: its result stays until the next one is there. */
  private finishedJob: Job | null = null;
  problem: Problem | null = null;
  /** Does once more what ended in the problem. */
  retry: (() => unknown) | null = null;
  isSubmitting = false;
  /** What the shown job was submitted with. */
  private submission: Submission | null = null;
  /** The piece that the weights of sections are for. */
  private sectionsFileId: string | null = null;
  /** The edits of pieces at the time of the submission. */
  private nEditsOfJob = 0;
  /** Jobs that were started here, not opened by a link. */
  private readonly started = new Set<string>();
  private jobWatch: AbortController | null = null;
  private readonly entries = new EntryWriter();

  constructor() {
    super();
    this.pieces.addEventListener('pieces-change', () => this.onPiecesChange());
    this.pieces.addEventListener('change', () => this.notify());
  }

  get slots(): Readonly<Record<Side, Slot>> {
    return this.pieces.bySide;
  }

  /** Why the form cannot be submitted, as a sentence; null where it can. */
  get submitBlocker(): string | null {
    if (this.form.method === 'vae' && this.pieces.isLoading) return msg('A piece is still loading.');
    return submitBlocker(
      this.form,
      this.pieces.sides.map((side) => this.slots[side].file !== null),
    );
  }

  get isBusy(): boolean {
    return this.isSubmitting || (this.job !== null && !isFinished(this.job));
  }

  /** The job whose result is shown; null where there is none yet. */
  get shownJob(): Job | null {
    return this.job?.state === 'succeeded' ? this.job : this.finishedJob;
  }

  /** Whether the shown job was made with other settings or pieces than the present ones. */
  get isOutdated(): boolean {
    if (this.job?.state !== 'succeeded') return this.job !== null && !this.isBusy && this.finishedJob !== null;
    if (this.submission === null || this.pieces.isLoading) return false;
    if (this.form.method === 'vae' && this.pieces.nEdits !== this.nEditsOfJob) return true;
    const fileIds = this.pieces.fileIds ?? [];
    return !isSameRequest(this.form, this.submission.form, fileIds, this.submission.fileIds);
  }

  updateForm(changes: Partial<FusionForm>): void {
    this.form = { ...this.form, ...changes };
    if (changes.sectionWeights !== undefined) this.sectionsFileId = this.pieces.fileId('a');
    if (changes.method !== undefined) void this.loadStyles();
    this.saveEntry();
    this.notify();
  }

  /** Sets everything but the method and the pieces back. */
  resetForm(): void {
    const { method, shares } = this.form;
    this.updateForm({ ...EMPTY_FORM, method, shares: resizeShares([], shares.length) });
  }

  /** Sets the form and the pieces back to those that the shown job was made with. */
  restoreSubmission(): void {
    if (this.submission === null) return;
    this.form = this.submission.form;
    this.sectionsFileId = this.submission.fileIds[0] ?? null;
    if (this.form.method === 'vae') void this.pieces.show(this.submission.fileIds);
    this.saveEntry();
    this.notify();
  }

  /** Shows what the address and the history entry name: the method, the pieces, the settings and the job. */
  syncFromUrl(query: URLSearchParams): void {
    this.entries.discard();
    const { method, fileIds, jobId } = readLocation(query);
    const entry = readEntry();
    if (entry !== null) this.form = entry.form;
    else if (method !== null && method !== this.form.method) this.form = { ...this.form, method };
    if (jobId === null) this.showPieces(fileIds, entry !== null);
    if (jobId !== null && jobId !== this.job?.job_id)
      void this.openJob(jobId, fileIds, entry?.form ?? null, entry?.submission ?? null);
    else if (jobId !== null && fileIds.length > 0) void this.pieces.show(fileIds);
    else if (jobId === null && (entry !== null || fileIds.length > 0)) this.closeJob();
    void this.loadStyles();
    this.saveEntry();
    this.notify();
  }

  /** Returns the address of the fusion page in its present state. */
  url(): string {
    const jobIds = (this.submission?.fileIds ?? []).join();
    const fileIds = this.pieces.sides.map((side) => this.pieces.fileId(side));
    const isOfJob = this.job !== null && jobIds === fileIds.join();
    const isEmpty = fileIds.every((fileId) => fileId === null);
    return fusionUrl({
      method: this.form.method,
      fileIds: isOfJob || isEmpty ? [] : fileIds,
      jobId: this.job?.job_id ?? null,
    });
  }

  /** Puts a stored file into a slot. */
  async assignFile(side: Side, fileId: string): Promise<void> {
    while (SIDES.indexOf(side) >= this.pieces.count) this.addSlot();
    await this.pieces.assign(side, fileId);
  }

  /**
   * Uploads files into the slots, two at most. The first goes into the given slot and the second into the other one;
   * without a slot, empty slots come first.
   */
  async assignFiles(files: readonly File[], side?: Side): Promise<void> {
    const { a, b } = this.slots;
    const first = side ?? (a.state !== 'empty' && b.state === 'empty' && files.length === 1 ? 'b' : 'a');
    const targets: readonly Side[] = [first, first === 'a' ? 'b' : 'a'];
    await Promise.all(
      targets.flatMap((target, index) => {
        const file = files[index];
        return file === undefined ? [] : [this.pieces.upload(target, file)];
      }),
    );
    if (files.length > targets.length) this.pieces.remark(first, msg('The first two files were added.'));
  }

  clearSlot(side: Side): void {
    if (SIDES.indexOf(side) < MIN_PIECES) {
      this.pieces.clear(side);
      return;
    }
    const shares = withoutShare(this.form.shares, SIDES.indexOf(side));
    this.pieces.remove(side);
    this.updateForm({ shares: this.pieces.count > MIN_PIECES ? shares : [] });
  }

  /** Adds a place for one more piece, with an equal share. */
  addSlot(): void {
    this.pieces.add();
  }

  swapSlots(): void {
    this.pieces.swap();
    this.updateForm({ sectionWeights: {} });
  }

  async setTrackRole(side: Side, track: number, role: RoleChoice): Promise<void> {
    await this.pieces.setTrackRole(side, track, role);
  }

  async setGrid(side: Side, grid: GridSource): Promise<void> {
    await this.pieces.setGrid(side, grid);
  }

  /** Submits the form. The job gets a history entry, so that Back leads to the one before. */
  async submit(): Promise<void> {
    if (this.submitBlocker !== null || this.isBusy) return;
    const submission: Submission = { form: this.form, fileIds: this.pieces.fileIds ?? [] };
    this.problem = null;
    this.isSubmitting = true;
    this.notify();
    try {
      const labels = sectionLabels(sections.get(this.slots.a.file));
      const body = buildRequest(this.form, submission.fileIds, labels);
      const job = await submitJob(this.form.method, body, newIdempotencyKey());
      this.leaveEntry();
      this.started.add(job.job_id);
      this.showJob(job, submission, this.shownJob);
      resultView.show('blend');
      if (location.pathname === '/fuse') this.entries.push(this.url(), { form: this.form, submission });
      void this.trackJob(job.job_id);
    } catch (error) {
      this.fail(error, () => this.submit());
    }
    this.isSubmitting = false;
    this.notify();
  }

  /** Makes a job's piece once more: with its settings and seed, or with its settings and a new seed. */
  async makeAgain(job: Job, seed: 'same' | 'new' = 'same'): Promise<void> {
    if (!isMethod(job.method) || this.isBusy) return;
    const form = formFromRequest(job.method, job.request);
    this.form = seed === 'same' ? form : { ...form, seed: '' };
    const fileIds = requestedFiles(job);
    this.sectionsFileId = fileIds[0] ?? null;
    if (fileIds.length > 0) await this.pieces.show(fileIds);
    await this.submit();
  }

  async cancel(): Promise<void> {
    if (this.job === null) return;
    try {
      this.job = await cancelJob(this.job.job_id);
    } catch (error) {
      // 409: the job finished first, and its last event brings the outcome.
      if (toProblem(error).status !== 409) this.fail(error, () => this.cancel());
    }
    this.notify();
  }

  private fail(error: unknown, retry: () => unknown): void {
    this.problem = toProblem(error);
    this.retry = retry;
  }

  private showJob(job: Job, submission: Submission | null, previous: Job | null = null): void {
    this.job = job;
    this.finishedJob = previous;
    this.problem = null;
    this.submission = submission ?? submissionOf(job);
    this.nEditsOfJob = this.pieces.nEdits;
  }

  private closeJob(): void {
    this.jobWatch?.abort();
    this.job = null;
    this.finishedJob = null;
    this.problem = null;
    this.submission = null;
  }

  /** The pieces of an address: of the page's own entry all of them, of another link those that it names. */
  private showPieces(fileIds: readonly (string | null)[], isComplete: boolean): void {
    this.sectionsFileId = fileIds[0] ?? null;
    if (isComplete) void this.pieces.show(fileIds);
    else
      fileIds.forEach((fileId, index) => {
        const side = SIDES[index];
        if (fileId !== null && side !== undefined && fileId !== this.pieces.fileId(side))
          void this.assignFile(side, fileId);
      });
  }

  private async openJob(
    jobId: string,
    fileIds: readonly (string | null)[],
    form: FusionForm | null,
    submission: Submission | null,
  ): Promise<void> {
    this.jobWatch?.abort();
    const abort = new AbortController();
    this.jobWatch = abort;
    try {
      const job = await getJob(jobId, abort.signal);
      if (abort.signal.aborted) return;
      this.showJob(job, submission);
      if (isMethod(job.method)) this.form = form ?? formFromRequest(job.method, job.request);
      this.showPieces(fileIds.length > 0 ? fileIds : requestedFiles(job), fileIds.length === 0 && job.method === 'vae');
      this.saveEntry();
      this.notify();
      if (!isFinished(job)) await this.trackJob(jobId);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.fail(error, () => this.openJob(jobId, fileIds, form, submission));
      this.notify();
    }
  }

  private async trackJob(jobId: string): Promise<void> {
    this.jobWatch?.abort();
    const abort = new AbortController();
    this.jobWatch = abort;
    try {
      for await (const job of watchJob(jobId, abort.signal)) {
        this.job = job;
        this.problem = null;
        this.notify();
        if (job.state === 'succeeded') resultView.show('blend');
        if (job.state === 'succeeded' && this.started.delete(jobId)) autoplay.play(job);
      }
    } catch (error) {
      if (!abort.signal.aborted) this.fail(error, () => this.trackJob(jobId));
      this.notify();
    }
  }

  /** Section weights apply only to the piece that they were set for; there is one share for each piece. */
  private onPiecesChange(): void {
    const { count } = this.pieces;
    const { sectionWeights, shares, weight } = this.form;
    const isOtherA = this.pieces.fileId('a') !== this.sectionsFileId;
    if (Object.keys(sectionWeights).length > 0 && isOtherA) this.form = { ...this.form, sectionWeights: {} };
    if (count > MIN_PIECES && shares.length !== count) {
      const present = shares.length > 0 ? shares : [1 - weight, weight];
      this.form = { ...this.form, shares: resizeShares(present, count) };
    } else if (count <= MIN_PIECES && shares.length > 0) this.form = { ...this.form, shares: [] };
    this.saveEntry();
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

  /** Remembers the form in the present history entry; not on other pages, where a late response may arrive. */
  private saveEntry(): void {
    if (location.pathname !== '/fuse') return;
    this.entries.save(this.url(), { form: this.form, submission: this.submission });
  }

  /** Leaves the present entry as its job was made, so that Back shows that. */
  private leaveEntry(): void {
    if (this.job === null || this.submission === null || location.pathname !== '/fuse') return;
    const { form } = this.submission;
    this.entries.save(fusionUrl({ method: null, fileIds: [], jobId: this.job.job_id }), {
      form,
      submission: this.submission,
    });
    this.entries.flush();
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

function requestedFiles(job: Job): readonly string[] {
  return (job.request['file_ids'] ?? []) as readonly string[];
}

function submissionOf(job: Job): Submission | null {
  return isMethod(job.method) ? { form: formFromRequest(job.method, job.request), fileIds: requestedFiles(job) } : null;
}

function isMethod(text: string): text is Method {
  return text === 'vae' || text === 'gan' || text === 'hybrid';
}

export const fusion = new Fusion();
