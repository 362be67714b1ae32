import { describe, expect, it } from 'vitest';
import { ProblemError, problemMessage, parseProblem, toProblem, problemReason } from '../../src/api/problem';

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
  it('tells the detail and every refused file once', () => {
    expect(problemMessage(unreadable)).toBe('a.mid: It does not begin with MThd.\nb.mid: It has no notes.');
  });

  it('falls back to the title', () => {
    expect(problemMessage({ type: 'about:blank', title: 'Not found', status: 404 })).toBe('Not found');
  });
});

describe('problemFrom', () => {
  it('keeps what a problem document says, with the status of the answer', () => {
    expect(parseProblem(400, unreadable)).toEqual(unreadable);
  });

  it('names an answer that is no problem document by its status', () => {
    expect(parseProblem(507, null)).toEqual({ type: 'about:blank', status: 507, title: 'The store is full' });
    expect(parseProblem(418, 'tea').title).toBe('The server answered 418');
  });
});

describe('problemOf', () => {
  it('takes the problem out of a refusal', () => {
    expect(toProblem(new ProblemError(unreadable))).toBe(unreadable);
  });

  it('reads a network failure as a server that does not answer', () => {
    expect(problemReason(toProblem(new TypeError('Failed to fetch')))).toBe('UNREACHABLE');
  });
});

describe('reasonOf', () => {
  it('prefers the reason, then takes the last part of the type', () => {
    expect(problemReason(unreadable)).toBe('MIDI_UNREADABLE');
    expect(problemReason({ type: 'https://segue.example/problems/NO_NOTES', title: '', status: 422 })).toBe('NO_NOTES');
    expect(problemReason({ type: 'about:blank', title: '', status: 500 })).toBe('');
  });
});
