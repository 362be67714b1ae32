/** Calls of batches, and their progress by server-sent events, or by polling where none arrive. */
import { fetchRecorded } from './connection';
import { jsonBody, readProblem, requestJson } from './client';
import { ProblemError } from './problem';
import { readEvents } from './sse';
import type { Batch, BatchItem, BatchRequest, BatchSummary } from './types';

const MAX_STREAM_ATTEMPTS = 3;
const RECONNECT_DELAY_MS = 800;
const POLL_INTERVAL_MS = 1500;
const MAX_FAILED_POLLS = 60;

/** Starts several jobs at once. Repeating the call with the same key and body returns the same batch. */
export function createBatch(body: BatchRequest, idempotencyKey: string): Promise<Batch> {
  const { headers, ...init } = jsonBody('POST', body);
  return requestJson('/batches', { ...init, headers: { ...headers, 'Idempotency-Key': idempotencyKey } });
}

export function getBatch(batchId: string, signal?: AbortSignal): Promise<Batch> {
  return requestJson(`/batches/${encodeURIComponent(batchId)}`, signal ? { signal } : {});
}

/** Returns the newest batches of this browser's account. */
export async function getBatches(): Promise<readonly BatchSummary[]> {
  return (await requestJson<{ batches: BatchSummary[] }>('/batches')).batches;
}

/** Stops a batch; the results that there are stay. */
export function stopBatch(batchId: string): Promise<Batch> {
  return requestJson(`/batches/${encodeURIComponent(batchId)}`, { method: 'DELETE' });
}

export function isBatchFinished(batch: Batch): boolean {
  return batch.items.every(({ job }) => job.state !== 'queued' && job.state !== 'running');
}

/** Yields a batch at each change, and ends after its last one. */
export async function* watchBatch(batchId: string, signal: AbortSignal): AsyncGenerator<Batch> {
  for (let attempt = 0; attempt < MAX_STREAM_ATTEMPTS; attempt += 1) {
    try {
      for await (const batch of streamBatch(batchId, signal)) {
        attempt = 0;
        yield batch;
        if (isBatchFinished(batch)) return;
      }
    } catch (error) {
      if (signal.aborted || isPermanent(error)) throw error;
    }
    await sleep(RECONNECT_DELAY_MS, signal);
  }
  yield* pollBatch(batchId, signal);
}

/** Applies an event of the stream to what was known before; null while nothing is known. */
export function applyEvent(before: Batch | null, name: string | undefined, data: string): Batch | null {
  const value: unknown = JSON.parse(data);
  if (name !== 'item') return value as Batch;
  const item = value as BatchItem;
  return before && { ...before, items: before.items.map((each) => (each.index === item.index ? item : each)) };
}

async function* streamBatch(batchId: string, signal: AbortSignal): AsyncGenerator<Batch> {
  const url = `/batches/${encodeURIComponent(batchId)}/events`;
  const response = await fetchRecorded(url, { headers: { Accept: 'text/event-stream' }, signal, cache: 'no-store' });
  if (!response.ok) throw await readProblem(response);
  if (response.body === null) return;
  let batch: Batch | null = null;
  for await (const event of readEvents(response.body)) {
    batch = applyEvent(batch, event.event, event.data);
    if (batch !== null) yield batch;
  }
}

async function* pollBatch(batchId: string, signal: AbortSignal): AsyncGenerator<Batch> {
  for (let failures = 0; failures < MAX_FAILED_POLLS; failures += 1) {
    try {
      const batch = await getBatch(batchId, signal);
      failures = 0;
      yield batch;
      if (isBatchFinished(batch)) return;
    } catch (error) {
      if (signal.aborted || isPermanent(error) || failures === MAX_FAILED_POLLS - 1) throw error;
    }
    await sleep(POLL_INTERVAL_MS, signal);
  }
}

/** Whether retrying is pointless, e.g. because the batch is unknown. */
function isPermanent(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status >= 400 && error.problem.status < 429;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('The batch is no longer watched.', 'AbortError'));
    });
  });
}
