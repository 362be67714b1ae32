/** Follows a job's progress by server-sent events, resumed after an interruption, or by polling where none arrive. */
import { getJob, readProblem, reportWrite } from './client';
import { fetchRecorded } from './connection';
import { ProblemError } from './problem';
import { readEvents } from './sse';
import type { Job } from './types';

const MAX_STREAM_ATTEMPTS = 3;
const POLL_INTERVAL_MS = 1000;
const RECONNECT_DELAY_MS = 800;
const MAX_FAILED_POLLS = 60;

export function isFinished(job: Job): boolean {
  return job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled';
}

/** Yields the job at each change and ends after its last one. */
export async function* watchJob(jobId: string, signal: AbortSignal): AsyncGenerator<Job> {
  const stream = new JobStream(jobId, signal);
  for (let attempt = 0; attempt < MAX_STREAM_ATTEMPTS; attempt += 1) {
    try {
      for await (const job of stream.connect()) {
        attempt = 0;
        if (isFinished(job)) reportWrite();
        yield job;
        if (isFinished(job)) return;
      }
    } catch (error) {
      if (signal.aborted || isPermanent(error)) throw error;
    }
    await sleep(RECONNECT_DELAY_MS, signal);
  }
  yield* pollJob(jobId, signal);
}

/** A job's event stream, which remembers the last event across connections. */
class JobStream {
  private lastEventId = '';

  constructor(
    private readonly jobId: string,
    private readonly signal: AbortSignal,
  ) {}

  async *connect(): AsyncGenerator<Job> {
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.lastEventId !== '') headers['Last-Event-ID'] = this.lastEventId;
    const url = `/jobs/${encodeURIComponent(this.jobId)}/events`;
    const response = await fetchRecorded(url, { headers, signal: this.signal, cache: 'no-store' });
    if (!response.ok) throw await readProblem(response);
    if (response.body === null) return;
    for await (const event of readEvents(response.body)) {
      this.lastEventId = event.id ?? this.lastEventId;
      const job = parseJob(event.data);
      if (job !== null) yield job;
    }
  }
}

async function* pollJob(jobId: string, signal: AbortSignal): AsyncGenerator<Job> {
  for (let failures = 0; failures < MAX_FAILED_POLLS; failures += 1) {
    try {
      const job = await getJob(jobId, signal);
      failures = 0;
      if (isFinished(job)) reportWrite();
      yield job;
      if (isFinished(job)) return;
    } catch (error) {
      if (signal.aborted || isPermanent(error) || failures === MAX_FAILED_POLLS - 1) throw error;
    }
    await sleep(POLL_INTERVAL_MS, signal);
  }
}

/** Returns the job in an event's data; null for an event that carries none. */
export function parseJob(data: string): Job | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && 'state' in value && 'job_id' in value ? (value as Job) : null;
  } catch {
    return null;
  }
}

/** Whether retrying is pointless, e.g. because the job is unknown. An unreachable gateway is worth another try. */
function isPermanent(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status >= 400 && error.problem.status < 429;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('The job is no longer watched.', 'AbortError'));
    });
  });
}
