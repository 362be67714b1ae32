import { describe, expect, it, vi } from 'vitest';
import {
  isTransient,
  parseProblem,
  parseRetryAfter,
  ProblemError,
  problemMessage,
  problemReason,
  toProblem,
} from '../../src/api/problem';
import { problemAdvice, problemTitle } from '../../src/api/problem-texts';

const unreadable = {
  type: '/problems/midi-unreadable',
  title: 'MIDI unreadable',
  status: 400,
  detail: 'a.mid: It does not begin with MThd.',
  reason: 'MIDI_UNREADABLE',
  errors: [
    { name: 'a.mid', reason: 'MIDI_UNREADABLE', message: 'It does not begin with MThd.' },
    { name: 'b.mid', reason: 'NO_NOTES', message: 'It has no notes.' },
  ],
};

describe('messageOf', () => {
  it('returns the detail and every refused file once', () => {
    expect(problemMessage(unreadable)).toBe('a.mid: It does not begin with MThd.\nb.mid: It has no notes.');
  });

  it('falls back to the title', () => {
    expect(problemMessage({ type: 'about:blank', title: '', status: 404 })).toBe('This no longer exists');
  });
});

describe('problemFrom', () => {
  it('keeps the members of a problem document, with the status of the response', () => {
    expect(parseProblem(400, unreadable)).toEqual(unreadable);
  });

  it('knows only the status of a body that is not a problem document', () => {
    expect(parseProblem(507, null)).toEqual({ type: 'about:blank', status: 507, title: '' });
  });

  it('keeps how long to wait', () => {
    expect(parseProblem(429, null, '7').retryAfter_s).toBe(7);
  });
});

describe('problemOf', () => {
  it('returns the problem of a ProblemError', () => {
    expect(toProblem(new ProblemError(unreadable))).toBe(unreadable);
  });

  it.each([
    [true, 'UNREACHABLE'],
    [false, 'OFFLINE'],
  ])('reports a network failure by whether the browser is online: %o', (onLine, reason) => {
    vi.stubGlobal('navigator', { onLine });
    expect(problemReason(toProblem(new TypeError('Failed to fetch')))).toBe(reason);
    vi.unstubAllGlobals();
  });
});

describe('reasonOf', () => {
  it('prefers the reason to the last part of the type', () => {
    expect(problemReason(unreadable)).toBe('MIDI_UNREADABLE');
    expect(problemReason({ type: 'https://segue.example/problems/NO_NOTES', title: '', status: 422 })).toBe('NO_NOTES');
    expect(problemReason({ type: 'about:blank', title: '', status: 500 })).toBe('');
  });
});

describe('problemTitle', () => {
  it.each([
    [{ reason: 'MIDI_UNREADABLE', status: 400, title: 'MIDI unreadable' }, 'The MIDI file could not be read'],
    [{ status: 502, title: '' }, 'Something went wrong in Segue'],
    [{ status: 507, title: '' }, 'The server has no space left'],
    [{ status: 418, title: '' }, 'Something went wrong'],
    [{ reason: 'NEW_REASON', status: 409, title: 'A kind of problem that is new' }, 'A kind of problem that is new'],
  ])('of %o is a sentence', (problem, title) => {
    expect(problemTitle({ type: 'about:blank', ...problem })).toBe(title);
  });
});

describe('problemAdvice', () => {
  it('leads to the library where space is short', () => {
    const advice = problemAdvice({ type: 'about:blank', title: '', status: 507, reason: 'QUOTA_EXCEEDED' });
    expect(advice?.link?.href).toBe('/library');
  });

  it('adds nothing to a detail that says what would be right', () => {
    expect(problemAdvice({ type: 'about:blank', title: '', status: 422, reason: 'UNKNOWN_KEY' })).toBeNull();
  });
});

describe('parseRetryAfter', () => {
  const now_ms = Date.parse('2026-12-01T10:00:00Z');

  it.each([
    ['12', 12],
    ['0.2', 1],
    ['Tue, 01 Dec 2026 10:00:30 GMT', 30],
    ['Tue, 01 Dec 2026 09:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [null, null],
  ])('reads %o', (header, wait_s) => {
    expect(parseRetryAfter(header, now_ms)).toBe(wait_s);
  });
});

it.each([
  [{ status: 0, reason: 'OFFLINE' }, true],
  [{ status: 429 }, true],
  [{ status: 503 }, true],
  [{ status: 507 }, false],
  [{ status: 422 }, false],
])('%o may pass by itself: %o', (problem, expected) => {
  expect(isTransient({ type: 'about:blank', title: '', ...problem })).toBe(expected);
});
