import { describe, expect, it } from 'vitest';
import { parseJob } from '../../src/api/job-events';
import { readEvents } from '../../src/api/sse';

const STREAM =
  'retry: 1000\n\nid: 1\nevent: job\ndata: {"a":1}\n\n: still here\n\nid: 2\nevent: end\ndata: one\ndata: two\n\n';
const EVENTS = [
  { id: '1', event: 'job', data: '{"a":1}' },
  { id: '2', event: 'end', data: 'one\ntwo' },
];

async function read(...chunks: readonly string[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
  const events = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('yields each complete event and skips heartbeats', async () => {
    expect(await read(STREAM)).toEqual(EVENTS);
  });

  it('yields the same events however the stream is split', async () => {
    for (const size of [1, 2, 3, 7]) {
      expect(await read(...(STREAM.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []))).toEqual(EVENTS);
    }
  });

  it('accepts CR LF line endings, also split between the two characters', async () => {
    expect(await read('data: x\r', '\n\r\n')).toEqual([{ data: 'x' }]);
  });

  it('holds an event back until its blank line', async () => {
    expect(await read('id: 7\ndata: x\n')).toEqual([]);
    expect(await read('id: 7\ndata: x\n', '\n')).toEqual([{ id: '7', data: 'x' }]);
  });
});

describe('parseJob', () => {
  it('accepts jobs only', () => {
    expect(parseJob('{"job_id":"j","state":"running"}')).toEqual({ job_id: 'j', state: 'running' });
    expect(parseJob('{"hello":1}')).toBeNull();
    expect(parseJob('not json')).toBeNull();
  });
});
