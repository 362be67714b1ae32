import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../src/api/contract';
import { watchJob } from '../../src/api/job-events';
import { ProblemError } from '../../src/api/problem';

type Answer = () => Response;

/** The network: answers calls in the order of a script, and remembers what was asked. */
function network(script: readonly Answer[]): { path: string; lastEventId: string | null }[] {
  const asked: { path: string; lastEventId: string | null }[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    asked.push({ path, lastEventId: new Headers(init.headers).get('Last-Event-ID') });
    const answer = script[asked.length - 1];
    if (answer === undefined) throw new Error(`nobody expected call ${asked.length} to ${path}`);
    return new Promise((resolve) => resolve(answer()));
  });
  return asked;
}

const event = (id: number, state: string) => `id: ${id}\nevent: job\ndata: {"job_id":"j","state":"${state}"}\n\n`;
const stream = (text: string) => () => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } });
const unreachable = () => {
  throw new TypeError('Failed to fetch');
};
const job = (state: string) => () => Response.json({ job_id: 'j', state });

async function watched(): Promise<string[]> {
  const states: string[] = [];
  const watching = (async () => {
    for await (const seen of watchJob('j', new AbortController().signal)) states.push((seen satisfies Job).state);
  })();
  watching.catch(() => undefined); // it is awaited below, after the clock has been turned on
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
    const asked = network([stream(event(1, 'queued') + event(2, 'running') + event(3, 'succeeded'))]);
    expect(await watched()).toEqual(['queued', 'running', 'succeeded']);
    expect(asked).toEqual([{ path: '/jobs/j/events', lastEventId: null }]);
  });

  it('goes on after the last event that it saw when the stream breaks off', async () => {
    const asked = network([stream(event(7, 'running')), unreachable, stream(event(8, 'succeeded'))]);
    expect(await watched()).toEqual(['running', 'succeeded']);
    expect(asked.map((call) => call.lastEventId)).toEqual([null, '7', '7']);
  });

  it('asks again and again where no events come', async () => {
    const asked = network([stream(''), stream(''), stream(''), job('running'), unreachable, job('failed')]);
    expect(await watched()).toEqual(['running', 'failed']);
    expect(asked.map((call) => call.path).slice(3)).toEqual(['/jobs/j', '/jobs/j', '/jobs/j']);
  });

  it('gives up at once on a job that nobody knows', async () => {
    const asked = network([() => Response.json({ title: 'Not found', status: 404 }, { status: 404 })]);
    await expect(watched()).rejects.toThrow(ProblemError);
    expect(asked).toHaveLength(1);
  });
});
