import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Connection } from '../../src/api/connection';

let isUp = false;

beforeEach(() => {
  isUp = false;
  vi.useFakeTimers();
  vi.stubGlobal('fetch', () => (isUp ? Promise.resolve(new Response('{}')) : Promise.reject(new TypeError('down'))));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a gateway that stopped answering is asked until it answers', async () => {
  const connection = new Connection();
  const changes: boolean[] = [];
  connection.addEventListener('change', () => changes.push(connection.isReachable));
  connection.report(true);
  connection.report(false);
  connection.report(false);
  await vi.advanceTimersByTimeAsync(3000);
  expect(changes).toEqual([false]);
  isUp = true;
  await vi.advanceTimersByTimeAsync(4000);
  expect(changes).toEqual([false, true]);
});

test('a check does not wait for the next one', async () => {
  const connection = new Connection();
  connection.report(false);
  isUp = true;
  await connection.check();
  expect(connection.isReachable).toBe(true);
});
