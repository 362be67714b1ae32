import { describe, expect, it } from 'vitest';
import { CURVE_PRESETS } from '../../../src/state/fusion/curves';
import { EMPTY_FORM, inheritedWeight, submitBlocker } from '../../../src/state/fusion/form';

describe('submitBlocker', () => {
  it('names the missing piece', () => {
    expect(submitBlocker(EMPTY_FORM, [false, false])).toBe('Add two pieces to blend.');
    expect(submitBlocker(EMPTY_FORM, [false, true])).toBe('Add piece A to blend.');
    expect(submitBlocker(EMPTY_FORM, [true, false])).toBe('Add piece B to blend.');
    expect(submitBlocker(EMPTY_FORM, [true, true])).toBeNull();
  });

  it('names a value out of range', () => {
    expect(submitBlocker({ ...EMPTY_FORM, bpm: 500 }, [true, true])).toBe('The tempo must be between 20 and 400 BPM.');
    expect(submitBlocker({ ...EMPTY_FORM, seed: '9007199254740992' }, [true, true])).toMatch(
      /^The seed must be a whole number/,
    );
    expect(submitBlocker({ ...EMPTY_FORM, seed: '9007199254740991' }, [true, true])).toBeNull();
    expect(submitBlocker({ ...EMPTY_FORM, method: 'gan', bars: 4 }, [])).toBe(
      'The length must be between 8 and 64 bars.',
    );
    expect(submitBlocker({ ...EMPTY_FORM, method: 'gan', count: 17 }, [])).toBe(
      'The number of pieces must be between 1 and 16.',
    );
  });

  it('takes a hybrid of one style and one that is left open', () => {
    expect(submitBlocker({ ...EMPTY_FORM, method: 'hybrid', styleA: 'pop' }, [])).toBeNull();
    expect(submitBlocker({ ...EMPTY_FORM, method: 'hybrid', roles: [] }, [])).toBe('Choose at least one part.');
  });

  it('names the empty place of a third piece', () => {
    expect(submitBlocker(EMPTY_FORM, [true, true, false])).toBe('Add piece C to blend, or remove its place.');
    expect(submitBlocker(EMPTY_FORM, [true, true, true])).toBeNull();
  });
});

describe('inheritedWeight', () => {
  it('is the main weight for ingredients without a role', () => {
    const form = { ...EMPTY_FORM, weight: 0.25, weights: { lead: 1 } } as const;
    expect(inheritedWeight(form, 'form')).toEqual({ weight: 0.25, from: 'main' });
    expect(inheritedWeight(form, 'bass')).toEqual({ weight: 0.25, from: 'main' });
  });

  it('is the weight of the role, for both ingredients of the lead', () => {
    const form = { ...EMPTY_FORM, weights: { lead: 1, drums: 0 }, sectionWeights: { A: 0.1 } } as const;
    expect(inheritedWeight(form, 'rhythm')).toEqual({ weight: 1, from: 'role' });
    expect(inheritedWeight(form, 'contour')).toEqual({ weight: 1, from: 'role' });
    expect(inheritedWeight(form, 'groove')).toEqual({ weight: 0, from: 'role' });
    expect(inheritedWeight(form, 'texture')).toEqual({ weight: null, from: 'sections' });
  });

  it('does not follow sections in a hybrid, which has none', () => {
    const form = { ...EMPTY_FORM, method: 'hybrid', sectionWeights: { A: 0.1 } } as const;
    expect(inheritedWeight(form, 'harmony')).toEqual({ weight: 0.5, from: 'main' });
    expect(inheritedWeight({ ...form, weights: { bass: 0.4 } }, 'bass')).toEqual({ weight: 0.4, from: 'role' });
  });

  it('changes over the piece in a morph', () => {
    const form = { ...EMPTY_FORM, curve: CURVE_PRESETS['a-to-b'], weights: { lead: 1 } } as const;
    expect(inheritedWeight(form, 'rhythm')).toEqual({ weight: null, from: 'morph' });
  });
});
