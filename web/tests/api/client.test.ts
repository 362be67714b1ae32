import { afterEach, expect, test, vi } from 'vitest';
import { beforeWrites, cancelJob, fetchJson, getJob } from '../../src/api/client';

afterEach(() => {
  vi.unstubAllGlobals();
  beforeWrites(() => Promise.resolve());
});

function recordCalls(status = 200): string[] {
  const calls: string[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    calls.push(`${init.method ?? 'GET'} ${path}`);
    return Promise.resolve(new Response(status === 204 ? null : '{}', { status }));
  });
  return calls;
}

test('an account is made sure of before a call that changes something, and only then', async () => {
  const calls = recordCalls();
  beforeWrites(() => Promise.resolve(void calls.push('prepare')));
  await getJob('one');
  await cancelJob('one');
  expect(calls).toEqual(['GET /jobs/one', 'prepare', 'DELETE /jobs/one']);
});

test('a call is not made where there is no account for it', async () => {
  const calls = recordCalls();
  beforeWrites(() => Promise.reject(new TypeError('no network')));
  await expect(cancelJob('one')).rejects.toThrow('no network');
  expect(calls).toEqual([]);
});

test('a response without a body resolves to undefined', async () => {
  recordCalls(204);
  expect(await fetchJson('/sessions/1', { method: 'DELETE' })).toBeUndefined();
});
