import { describe, expect, it } from 'vitest';
import { parseProblem, ProblemError, problemMessage, problemReason, toProblem } from '../../src/api/problem';

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
    expect(problemMessage({ type: 'about:blank', title: 'Not found', status: 404 })).toBe('Not found');
  });
});

describe('problemFrom', () => {
  it('keeps the members of a problem document, with the status of the response', () => {
    expect(parseProblem(400, unreadable)).toEqual(unreadable);
  });

  it('titles a body that is not a problem document by its status', () => {
    expect(parseProblem(507, null)).toEqual({
      type: 'about:blank',
      status: 507,
      title: 'The server is out of storage space',
    });
    expect(parseProblem(418, 'tea').title).toBe('The server responded with status 418');
  });
});

describe('problemOf', () => {
  it('returns the problem of a ProblemError', () => {
    expect(toProblem(new ProblemError(unreadable))).toBe(unreadable);
  });

  it('reports a network failure as an unreachable server', () => {
    expect(problemReason(toProblem(new TypeError('Failed to fetch')))).toBe('UNREACHABLE');
  });
});

describe('reasonOf', () => {
  it('prefers the reason to the last part of the type', () => {
    expect(problemReason(unreadable)).toBe('MIDI_UNREADABLE');
    expect(problemReason({ type: 'https://segue.example/problems/NO_NOTES', title: '', status: 422 })).toBe('NO_NOTES');
    expect(problemReason({ type: 'about:blank', title: '', status: 500 })).toBe('');
  });
});
