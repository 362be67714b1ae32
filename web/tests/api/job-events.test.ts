import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchJob } from '../../src/api/job-events';
import { ProblemError } from '../../src/api/problem';
import type { Job } from '../../src/api/types';

interface Call {
  readonly path: string;
  readonly lastEventId: string | null;
}

/** Stubs `fetch`: it responds in the order of the script. Returns the calls so far. */
function stubFetch(script: readonly (() => Response)[]): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    if (path === '/health/live') return Promise.resolve(Response.json({})); // the connection's own check
    calls.push({ path, lastEventId: new Headers(init.headers).get('Last-Event-ID') });
    const respond = script[calls.length - 1];
    if (respond === undefined) throw new Error(`unexpected call ${calls.length} to ${path}`);
    return new Promise((resolve) => resolve(respond()));
  });
  return calls;
}

const event = (id: number, state: string) => `id: ${id}\nevent: job\ndata: {"job_id":"j","state":"${state}"}\n\n`;
const stream = (text: string) => () => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } });
const unreachable = () => {
  throw new TypeError('Failed to fetch');
};
const job = (state: string) => () => Response.json({ job_id: 'j', state });

async function watchedStates(): Promise<string[]> {
  const states: string[] = [];
  const watching = (async () => {
    for await (const update of watchJob('j', new AbortController().signal)) states.push((update satisfies Job).state);
  })();
  watching.catch(() => undefined); // awaited below, after the fake clock has advanced
  await vi.advanceTimersByTimeAsync(30_000);
  await watching;
  return states;
}

describe('watchJob', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('follows the events to the last one', async () => {
    const calls = stubFetch([stream(event(1, 'queued') + event(2, 'running') + event(3, 'succeeded'))]);
    expect(await watchedStates()).toEqual(['queued', 'running', 'succeeded']);
    expect(calls).toEqual([{ path: '/jobs/j/events', lastEventId: null }]);
  });

  it('resumes after the last received event when the stream breaks off', async () => {
    const calls = stubFetch([stream(event(7, 'running')), unreachable, stream(event(8, 'succeeded'))]);
    expect(await watchedStates()).toEqual(['running', 'succeeded']);
    expect(calls.map((call) => call.lastEventId)).toEqual([null, '7', '7']);
  });

  it('drops an event that the stream breaks off in the middle', async () => {
    const calls = stubFetch([stream(`${event(7, 'running')}id: 8\ndata: {"job_`), stream(event(8, 'succeeded'))]);
    expect(await watchedStates()).toEqual(['running', 'succeeded']);
    expect(calls.map((call) => call.lastEventId)).toEqual([null, '7']);
  });

  it('polls where no events arrive', async () => {
    const calls = stubFetch([stream(''), stream(''), stream(''), job('running'), unreachable, job('failed')]);
    expect(await watchedStates()).toEqual(['running', 'failed']);
    expect(calls.map((call) => call.path).slice(3)).toEqual(['/jobs/j', '/jobs/j', '/jobs/j']);
  });

  it('gives up at once on an unknown job', async () => {
    const calls = stubFetch([() => Response.json({ title: 'Not found', status: 404 }, { status: 404 })]);
    await expect(watchedStates()).rejects.toThrow(ProblemError);
    expect(calls).toHaveLength(1);
  });
});
