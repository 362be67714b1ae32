/** The places for the pieces of a blend: what is in them, how it got there, and transcriptions that are running. */
import { msg } from '@lit/localize';
import { cancelJob, getFile, setGrid, setTrackRole, uploadFiles } from '../../api/client';
import { isFinished, watchJob } from '../../api/job-events';
import { toProblem } from '../../api/problem';
import type { GridSource, Job, PieceFile, Problem, RoleChoice } from '../../api/types';
import { forgetNotes } from './notes-cache';
import { MAX_PIECES, MIN_PIECES, SIDES, type Side } from './sides';

export interface Slot {
  readonly state: 'empty' | 'loading' | 'ready';
  readonly file: PieceFile | null;
  readonly problem: Problem | null;
  /** Does once more what ended in the problem. */
  readonly retry?: () => unknown;
  /** The id of the stored file that is loading. */
  readonly loadingId?: string;
  /** What a person should know about the slot; no error. */
  readonly remark?: string;
  /** The job that transcribes a recording, while it is running. */
  readonly transcriptionJob?: Job | null;
}

const EMPTY_SLOT: Slot = { state: 'empty', file: null, problem: null };

/** Dispatches `change` after every change, and `pieces-change` where a slot has another piece, or there is another slot. */
export class Slots extends EventTarget {
  readonly bySide = Object.fromEntries(SIDES.map((side) => [side, EMPTY_SLOT])) as Record<Side, Slot>;
  /** How many slots there are: A and B, and those that were added. */
  count = MIN_PIECES;
  /** How often roles or beats of a piece were changed: the same file sounds different since. */
  nEdits = 0;
  /** Counts the loads of each slot, so that an outdated response is ignored. */
  private readonly loadVersions = Object.fromEntries(SIDES.map((side) => [side, 0])) as Record<Side, number>;

  get sides(): readonly Side[] {
    return SIDES.slice(0, this.count);
  }

  get isLoading(): boolean {
    return this.sides.some((side) => this.bySide[side].state === 'loading');
  }

  /** Returns the id of a slot's piece, also of one that is loading. */
  fileId(side: Side): string | null {
    const { loadingId, file } = this.bySide[side];
    return loadingId ?? file?.file_id ?? null;
  }

  /** The ids of all pieces; null where a slot is empty. */
  get fileIds(): readonly string[] | null {
    const ids = this.sides.flatMap((side) => this.fileId(side) ?? []);
    return ids.length === this.count ? ids : null;
  }

  add(): void {
    if (this.count >= MAX_PIECES) return;
    this.count += 1;
    this.notify(true);
  }

  /** Removes a slot beyond the first two; those after it move up. */
  remove(side: Side): void {
    this.cancelTranscription(side);
    const last = SIDES[this.count - 1];
    if (last === undefined || this.count <= MIN_PIECES) return;
    for (let index = SIDES.indexOf(side); index < this.count - 1; index += 1) {
      const [to, from] = [SIDES[index], SIDES[index + 1]];
      if (to !== undefined && from !== undefined) this.bySide[to] = this.bySide[from];
    }
    this.bySide[last] = EMPTY_SLOT;
    this.count -= 1;
    this.restartWatches();
    this.notify(true);
  }

  swap(): void {
    [this.bySide.a, this.bySide.b] = [this.bySide.b, this.bySide.a];
    this.restartWatches();
    this.notify(true);
  }

  /** Empties a slot and cancels a transcription that is still running. */
  clear(side: Side): void {
    this.cancelTranscription(side);
    this.loadVersions[side] += 1;
    this.bySide[side] = EMPTY_SLOT;
    this.notify(true);
  }

  /** Shows exactly these pieces: slots that have another one load it, and slots without one become empty. */
  async show(fileIds: readonly (string | null)[]): Promise<void> {
    this.count = Math.max(MIN_PIECES, Math.min(MAX_PIECES, fileIds.length));
    const others = SIDES.filter((side, index) => (fileIds[index] ?? null) !== this.fileId(side));
    const loads = others.map((side) => {
      const fileId = fileIds[SIDES.indexOf(side)] ?? null;
      if (fileId !== null) return this.assign(side, fileId);
      this.loadVersions[side] += 1;
      this.bySide[side] = EMPTY_SLOT;
      return Promise.resolve();
    });
    this.notify(true);
    await Promise.all(loads);
  }

  /** Puts a stored file into a slot. */
  async assign(side: Side, fileId: string): Promise<void> {
    const known = SIDES.map((each) => this.bySide[each].file).find((file) => file?.file_id === fileId);
    const isDone = known !== undefined && known !== null && known.summary !== null;
    await this.load(side, () => (isDone ? Promise.resolve(known) : getFile(fileId)), fileId);
  }

  async upload(side: Side, file: File): Promise<void> {
    await this.load(side, () => uploadFile(file));
  }

  remark(side: Side, remark: string): void {
    this.bySide[side] = { ...this.bySide[side], remark };
    this.notify();
  }

  async setTrackRole(side: Side, track: number, role: RoleChoice): Promise<void> {
    await this.edit(side, (fileId) => setTrackRole(fileId, track, role));
  }

  async setGrid(side: Side, grid: GridSource): Promise<void> {
    await this.edit(side, (fileId) => setGrid(fileId, grid));
  }

  private async edit(side: Side, change: (fileId: string) => Promise<PieceFile>): Promise<void> {
    const { file } = this.bySide[side];
    if (file === null) return;
    await this.load(side, () => change(file.file_id), file.file_id);
    if (this.bySide[side].problem !== null) return;
    forgetNotes(file.file_id);
    this.nEdits += 1;
    this.notify();
  }

  private async load(side: Side, get: () => Promise<PieceFile>, loadingId?: string): Promise<void> {
    const { file: previous } = this.bySide[side];
    const version = ++this.loadVersions[side];
    this.bySide[side] = { state: 'loading', file: previous, problem: null, ...(loadingId ? { loadingId } : {}) };
    this.notify();
    const slot = await fetchSlot(get, previous);
    if (version !== this.loadVersions[side]) return; // the slot has changed meanwhile
    this.bySide[side] = slot.problem === null ? slot : { ...slot, retry: () => this.load(side, get, loadingId) };
    this.notify(previous?.file_id !== slot.file?.file_id);
    void this.watchTranscription(side, version);
  }

  private cancelTranscription(side: Side): void {
    const { transcriptionJob } = this.bySide[side];
    if (transcriptionJob && !isFinished(transcriptionJob))
      void cancelJob(transcriptionJob.job_id).catch(() => undefined);
  }

  /** Watches all transcriptions in their new places. */
  private restartWatches(): void {
    for (const side of SIDES) void this.watchTranscription(side, ++this.loadVersions[side]);
  }

  /** Watches the transcription of a slot's recording, for as long as the recording stays in the slot. */
  private async watchTranscription(side: Side, version: number): Promise<void> {
    const { file } = this.bySide[side];
    if (file?.kind !== 'audio' || file.summary !== null || !file.job) return;
    const abort = new AbortController();
    try {
      for await (const job of watchJob(file.job, abort.signal)) {
        if (version !== this.loadVersions[side]) break;
        this.bySide[side] = { state: 'ready', file, problem: null, transcriptionJob: job };
        this.notify();
        if (isFinished(job)) await this.applyTranscription(side, version, file, job);
      }
    } catch (error) {
      if (version !== this.loadVersions[side]) return;
      this.bySide[side] = { ...EMPTY_SLOT, problem: toProblem(error) };
      this.notify(true);
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
    this.bySide[side] = slot;
    this.notify(slot.file === null);
  }

  private notify(isOtherPiece = false): void {
    if (isOtherPiece) this.dispatchEvent(new Event('pieces-change'));
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
  if (stored === undefined) throw new Error(msg('The server stored no file.'));
  return stored;
}

/** Returns why a recording was not transcribed. It names the recording, since the slot is empty again. */
function transcriptionProblem(file: PieceFile, job: Job): Problem {
  if (job.error !== null) return { ...job.error, title: `${file.name}: ${job.error.title}` };
  return {
    type: 'about:blank',
    title: msg('The recording was not transcribed'),
    status: 0,
    detail: msg('Its transcription was cancelled. Add the recording again to retry.'),
  };
}
