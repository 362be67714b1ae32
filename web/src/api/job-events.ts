/** A job as it goes: by server-sent events, resumed where they broke off, and by polling where they do not come. */
import { getJob, refusal } from './client';
import { isOver, type Job } from './contract';
import { ProblemError } from './problem';
import { EventParser } from './sse';

const STREAM_ATTEMPTS = 3;
const POLL_EVERY_MS = 1000;
const RETRY_AFTER_MS = 800;
const MAX_SILENT_POLLS = 60;

/** Yields the job at each change and ends after its last one. */
export async function* watchJob(jobId: string, signal: AbortSignal): AsyncGenerator<Job> {
  const parser = new EventParser();
  for (let attempt = 0; attempt < STREAM_ATTEMPTS; attempt += 1) {
    try {
      for await (const job of streamJob(jobId, parser, signal)) {
        attempt = 0;
        yield job;
        if (isOver(job)) return;
      }
    } catch (thrown) {
      if (signal.aborted || isFinal(thrown)) throw thrown;
    }
    await pause(RETRY_AFTER_MS, signal);
  }
  yield* pollJob(jobId, signal);
}

async function* streamJob(jobId: string, parser: EventParser, signal: AbortSignal): AsyncGenerator<Job> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' };
  if (parser.lastEventId !== '') headers['Last-Event-ID'] = parser.lastEventId;
  const answer = await fetch(`/jobs/${encodeURIComponent(jobId)}/events`, { headers, signal, cache: 'no-store' });
  if (!answer.ok) throw await refusal(answer);
  if (answer.body === null) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (const event of parser.push(part.value)) {
      const job = jobIn(event.data);
      if (job !== null) yield job;
    }
  }
}

async function* pollJob(jobId: string, signal: AbortSignal): AsyncGenerator<Job> {
  for (let silent = 0; silent < MAX_SILENT_POLLS; silent += 1) {
    try {
      const job = await getJob(jobId, signal);
      silent = 0;
      yield job;
      if (isOver(job)) return;
    } catch (thrown) {
      if (signal.aborted || isFinal(thrown) || silent === MAX_SILENT_POLLS - 1) throw thrown;
    }
    await pause(POLL_EVERY_MS, signal);
  }
}

/** The job in an event's data; null for an event that carries none. */
export function jobIn(data: string): Job | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && 'state' in value && 'job_id' in value ? (value as Job) : null;
  } catch {
    return null;
  }
}

/** A refusal that asking again will not change: the job is unknown. A dead gateway is worth another try. */
function isFinal(thrown: unknown): boolean {
  return thrown instanceof ProblemError && thrown.problem.status >= 400 && thrown.problem.status < 429;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('no longer watched', 'AbortError'));
    });
  });
}
