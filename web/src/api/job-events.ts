/** A job as it goes: by server-sent events, resumed where they broke off, and by polling where they do not come. */
import { getJob, readProblem } from './client';
import { isFinished, type Job } from './contract';
import { ProblemError } from './problem';
import { EventParser } from './sse';

const MAX_STREAM_ATTEMPTS = 3;
const POLL_INTERVAL_MS = 1000;
const RECONNECT_DELAY_MS = 800;
const MAX_FAILED_POLLS = 60;

/** Yields the job at each change and ends after its last one. */
export async function* watchJob(jobId: string, signal: AbortSignal): AsyncGenerator<Job> {
  const parser = new EventParser();
  for (let attempt = 0; attempt < MAX_STREAM_ATTEMPTS; attempt += 1) {
    try {
      for await (const job of streamJob(jobId, parser, signal)) {
        attempt = 0;
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

async function* streamJob(jobId: string, parser: EventParser, signal: AbortSignal): AsyncGenerator<Job> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' };
  if (parser.lastEventId !== '') headers['Last-Event-ID'] = parser.lastEventId;
  const response = await fetch(`/jobs/${encodeURIComponent(jobId)}/events`, { headers, signal, cache: 'no-store' });
  if (!response.ok) throw await readProblem(response);
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (const event of parser.push(part.value)) {
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
      yield job;
      if (isFinished(job)) return;
    } catch (error) {
      if (signal.aborted || isPermanent(error) || failures === MAX_FAILED_POLLS - 1) throw error;
    }
    await sleep(POLL_INTERVAL_MS, signal);
  }
}

/** The job in an event's data; null for an event that carries none. */
export function parseJob(data: string): Job | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && 'state' in value && 'job_id' in value ? (value as Job) : null;
  } catch {
    return null;
  }
}

/** A refusal that asking again will not change: the job is unknown. A dead gateway is worth another try. */
function isPermanent(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status >= 400 && error.problem.status < 429;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('no longer watched', 'AbortError'));
    });
  });
}
