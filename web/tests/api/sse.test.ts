import { describe, expect, it } from 'vitest';
import { parseJob } from '../../src/api/job-events';
import { EventParser } from '../../src/api/sse';

const STREAM =
  'retry: 1000\n\nid: 1\nevent: job\ndata: {"a":1}\n\n: still here\n\nid: 2\nevent: end\ndata: one\ndata: two\n\n';
const EVENTS = [
  { id: '1', event: 'job', data: '{"a":1}' },
  { id: '2', event: 'end', data: 'one\ntwo' },
];

describe('EventParser', () => {
  it('gives each complete event, without heartbeats', () => {
    expect(new EventParser().push(STREAM)).toEqual(EVENTS);
  });

  it('gives the same however the text was cut', () => {
    for (const size of [1, 2, 3, 7]) {
      const parser = new EventParser();
      const parts = STREAM.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(parts.flatMap((part) => parser.push(part))).toEqual(EVENTS);
    }
  });

  it('reads lines that end in carriage returns, also one cut between its two characters', () => {
    const parser = new EventParser();
    expect([...parser.push('data: x\r'), ...parser.push('\n\r\n')]).toEqual([{ id: '', event: 'message', data: 'x' }]);
  });

  it('holds back an event until its blank line', () => {
    const parser = new EventParser();
    expect(parser.push('id: 7\ndata: x\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ id: '7', event: 'message', data: 'x' }]);
    expect(parser.lastEventId).toBe('7');
  });
});

describe('jobIn', () => {
  it('takes jobs and nothing else', () => {
    expect(parseJob('{"job_id":"j","state":"running"}')).toEqual({ job_id: 'j', state: 'running' });
    expect(parseJob('{"hello":1}')).toBeNull();
    expect(parseJob('not json')).toBeNull();
  });
});
