import { describe, expect, it } from 'vitest';
import { EMPTY_FORM, submitBlocker } from '../../src/state/fusion-form';

describe('submitBlocker', () => {
  it('names the missing piece', () => {
    expect(submitBlocker(EMPTY_FORM, false, false)).toBe('Add two pieces to blend.');
    expect(submitBlocker(EMPTY_FORM, false, true)).toBe('Add piece A to blend.');
    expect(submitBlocker(EMPTY_FORM, true, false)).toBe('Add piece B to blend.');
    expect(submitBlocker(EMPTY_FORM, true, true)).toBeNull();
  });

  it('names a value out of range', () => {
    expect(submitBlocker({ ...EMPTY_FORM, bpm: 500 }, true, true)).toBe('The tempo must be between 20 and 400 BPM.');
    expect(submitBlocker({ ...EMPTY_FORM, seed: '9007199254740992' }, true, true)).toMatch(
      /^The seed must be a whole number/,
    );
    expect(submitBlocker({ ...EMPTY_FORM, seed: '9007199254740991' }, true, true)).toBeNull();
    expect(submitBlocker({ ...EMPTY_FORM, method: 'gan', bars: 4 }, false, false)).toBe(
      'The length must be between 8 and 64 bars.',
    );
    expect(submitBlocker({ ...EMPTY_FORM, method: 'gan', count: 17 }, false, false)).toBe(
      'The number of pieces must be between 1 and 16.',
    );
  });

  it('requires both styles of a hybrid, or none', () => {
    expect(submitBlocker({ ...EMPTY_FORM, method: 'hybrid', styleA: 'pop' }, false, false)).toBe(
      'Choose a style for both parents, or for neither.',
    );
    expect(submitBlocker({ ...EMPTY_FORM, method: 'hybrid' }, false, false)).toBeNull();
  });
});
