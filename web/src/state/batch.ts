/** State of the page of batches: the batch that is shown, which of its pieces are starred, and their notes. */
import { getFile, getNotes, newIdempotencyKey, reportWrite } from '../api/client';
import { createBatch, isBatchFinished, stopBatch, watchBatch } from '../api/batches';
import { starFile } from '../api/library';
import { toProblem } from '../api/problem';
import type { Batch, BatchItem, BatchRequest, JobOutput, Notes, PieceFile, Problem } from '../api/types';
import { navigate } from './router';

/** Returns the piece that an item has made; undefined until it has. */
export function resultOf(item: BatchItem): JobOutput | undefined {
  return item.job.results[0];
}

/** Dispatches `change` after every change. */
export class BatchStore extends EventTarget {
  batch: Batch | null = null;
  problem: Problem | null = null;
  isBusy = false;
  /** Descriptions and notes of the results, by file id, as they arrive. */
  readonly files = new Map<string, PieceFile>();
  readonly notes = new Map<string, Notes>();
  private readonly requested = new Set<string>();
  private watch: AbortController | null = null;
  private batchId = '';

  /** The results that are starred, in the order of the batch. */
  get starred(): readonly JobOutput[] {
    const results = this.batch?.items.map(resultOf) ?? [];
    return results.filter(
      (piece) => piece !== undefined && this.files.get(piece.file_id)?.starred === true,
    ) as JobOutput[];
  }

  get isRunning(): boolean {
    return this.batch !== null && !isBatchFinished(this.batch);
  }

  /** Shows a batch and follows it; an empty id shows none. */
  async open(batchId: string): Promise<void> {
    if (batchId === this.batchId && this.problem === null) return;
    this.close();
    this.batchId = batchId;
    this.problem = null;
    if (batchId === '') {
      this.notify();
      return;
    }
    const abort = new AbortController();
    this.watch = abort;
    try {
      for await (const batch of watchBatch(batchId, abort.signal)) this.show(batch);
      reportWrite();
    } catch (error) {
      if (abort.signal.aborted) return;
      this.problem = toProblem(error);
      this.notify();
    }
  }

  /** Stops following the batch, as when another page is shown. */
  close(): void {
    this.watch?.abort();
    this.watch = null;
    this.batchId = '';
    this.batch = null;
  }

  /** Starts a batch and shows it. */
  async begin(body: BatchRequest): Promise<void> {
    if (this.isBusy) return;
    await this.run(async () => {
      const batch = await createBatch(body, newIdempotencyKey());
      navigate(`/batch?id=${batch.batch_id}`);
    });
  }

  async stop(): Promise<void> {
    const { batch } = this;
    if (batch !== null) await this.run(async () => this.show(await stopBatch(batch.batch_id)));
  }

  async toggleStar(fileId: string): Promise<void> {
    const file = this.files.get(fileId);
    if (file === undefined) return;
    await this.run(async () => {
      this.files.set(fileId, await starFile(fileId, !file.starred));
    });
  }

  private async run(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.notify();
    try {
      await work();
      this.problem = null;
    } catch (error) {
      this.problem = toProblem(error);
    }
    this.isBusy = false;
    this.notify();
  }

  private show(batch: Batch): void {
    this.batch = batch;
    for (const item of batch.items) {
      const piece = resultOf(item);
      if (piece !== undefined) void this.loadResult(piece.file_id);
    }
    this.notify();
  }

  private async loadResult(fileId: string): Promise<void> {
    if (this.requested.has(fileId)) return;
    this.requested.add(fileId);
    try {
      const [file, notes] = await Promise.all([getFile(fileId), getNotes(fileId)]);
      this.files.set(fileId, file);
      this.notes.set(fileId, notes);
    } catch {
      // The piece can be played without its picture. The next change of the batch tries again.
      this.requested.delete(fileId);
    }
    this.notify();
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

export const batches = new BatchStore();
