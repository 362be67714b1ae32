import { describe, expect, it } from 'vitest';
import { CURVE_PRESETS } from '../../../src/state/fusion/curves';
import { EMPTY_FORM } from '../../../src/state/fusion/form';
import {
  buildInterpolationRequest,
  buildRequest,
  formFromRequest,
  isSameRequest,
} from '../../../src/state/fusion/request';

describe('buildRequest', () => {
  it('omits fields that are left open', () => {
    expect(buildRequest(EMPTY_FORM, ['x', 'y'])).toEqual({ file_ids: ['x', 'y'], weight: 0.5 });
    expect(buildRequest({ ...EMPTY_FORM, method: 'gan' }, null)).toEqual({ count: 1 });
    expect(buildRequest({ ...EMPTY_FORM, method: 'hybrid' }, null)).toEqual({ count: 1, weight: 0.5 });
  });

  it('sends a curve instead of weights', () => {
    const form = { ...EMPTY_FORM, curve: CURVE_PRESETS['a-to-b'], weights: { lead: 1 } } as const;
    expect(buildRequest(form, ['x', 'y'])).toEqual({
      file_ids: ['x', 'y'],
      curve: [
        [0, 0],
        [1, 1],
      ],
    });
  });

  it('sends the weights of the sections of piece A only', () => {
    const form = { ...EMPTY_FORM, sectionWeights: { B: 0, A: 1, Z: 0.5 }, weights: { bass: 0.25 } } as const;
    const sections = [
      { label: 'B', weight: 0 },
      { label: 'A', weight: 1 },
    ];
    expect(buildRequest(form, ['x', 'y'], ['A', 'B'])).toEqual({
      file_ids: ['x', 'y'],
      weight: 0.5,
      weights: { bass: 0.25 },
      section_weights: sections,
    });
    expect(buildRequest(form, ['x', 'y'], null)).toHaveProperty('section_weights.length', 3);
    expect(buildRequest(form, ['x', 'y'], ['C'])).not.toHaveProperty('section_weights');
    expect(buildRequest({ ...form, curve: CURVE_PRESETS['a-to-b'] }, ['x', 'y'], null)).not.toHaveProperty(
      'section_weights',
    );
    expect(buildRequest({ ...form, method: 'hybrid' }, null)).not.toHaveProperty('section_weights');
  });

  it('sends the weights of ingredients that are set, beside a curve as well', () => {
    const form = { ...EMPTY_FORM, ingredients: { form: 0, rhythm: 1 } } as const;
    expect(buildRequest(form, ['x', 'y'])).toEqual({
      file_ids: ['x', 'y'],
      weight: 0.5,
      ingredients: { form: 0, rhythm: 1 },
    });
    expect(buildRequest({ ...form, curve: CURVE_PRESETS['a-to-b'] }, ['x', 'y'])).toHaveProperty('ingredients', {
      form: 0,
      rhythm: 1,
    });
    expect(buildRequest({ ...form, method: 'hybrid' }, null)).toHaveProperty('ingredients', { form: 0, rhythm: 1 });
    expect(buildRequest({ ...form, method: 'gan' }, null)).toEqual({ count: 1 });
  });

  it('sends sliders that are set, and a policy that is not the default', () => {
    const form = { ...EMPTY_FORM, sliders: { density: -0.5 }, meterPolicy: 'refuse' } as const;
    expect(buildRequest(form, ['x', 'y'])).toMatchObject({ sliders: { density: -0.5 }, meter_policy: 'refuse' });
    expect(buildRequest(EMPTY_FORM, ['x', 'y'])).not.toHaveProperty('meter_policy');
    const converted = { ...EMPTY_FORM, meterPolicy: 'convert' } as const;
    expect(buildRequest(converted, ['x', 'y'])).toMatchObject({ meter_policy: 'convert' });
    expect(buildInterpolationRequest(converted, ['x', 'y'], 5)).toMatchObject({ meter_policy: 'convert' });
    expect(formFromRequest('vae', buildRequest(converted, ['x', 'y'])).meterPolicy).toBe('convert');
    expect(buildRequest({ ...form, method: 'hybrid' }, null)).toMatchObject({ sliders: { density: -0.5 } });
    expect(buildRequest({ ...form, method: 'gan' }, null)).toEqual({ count: 1 });
  });

  it('sends all settings of a generated piece', () => {
    const form = {
      ...EMPTY_FORM,
      method: 'gan',
      style: 'pop',
      key: 'F# minor',
      bpm: 97.5,
      meter: '3/4',
      bars: 12,
    } as const;
    const mood = { valence: -0.5, energy: null, density: 0.2, roles: ['lead', 'bass'], seed: '7', count: 3 } as const;
    expect(buildRequest({ ...form, ...mood }, null)).toEqual({
      style: 'pop',
      key: 'F# minor',
      bpm: 97.5,
      meter: '3/4',
      bars: 12,
      mood: { valence: -0.5 },
      density: 0.2,
      roles: ['lead', 'bass'],
      seed: 7,
      count: 3,
    });
  });

  it('requests the original notes for blends only', () => {
    const form = { ...EMPTY_FORM, ends: 'original' } as const;
    expect(buildRequest(form, ['x', 'y'])).toMatchObject({ ends: 'original' });
    expect(buildRequest({ ...form, method: 'hybrid' }, null)).not.toHaveProperty('ends');
  });

  it('sends the styles of a hybrid, one of which may be left open', () => {
    const form = { ...EMPTY_FORM, method: 'hybrid', styleA: 'pop' } as const;
    expect(buildRequest({ ...form, styleA: '' }, null)).not.toHaveProperty('styles');
    expect(buildRequest(form, null)).toMatchObject({ styles: ['pop', null] });
    expect(formFromRequest('hybrid', buildRequest(form, null))).toEqual(form);
    expect(buildRequest({ ...form, styleB: 'jazz' }, null)).toMatchObject({ styles: ['pop', 'jazz'] });
  });
});

describe('formFromRequest', () => {
  it('restores the form of a request', () => {
    const form = {
      ...EMPTY_FORM,
      method: 'hybrid',
      styleA: 'a',
      styleB: 'b',
      weights: { bass: 0.1 },
      weight: 0.3,
      energy: 1,
      key: 'C major',
      seed: '9007199254740991',
      temperature: 0.5,
      bars: 8,
      roles: ['bass'],
    } as const;
    expect(formFromRequest('hybrid', buildRequest(form, null))).toEqual(form);
  });

  it('restores section weights, sliders and the meter policy', () => {
    const moved = { sectionWeights: { A: 0.25, B: 1 }, sliders: { register: 1, density: -0.5 } };
    const form = { ...EMPTY_FORM, ...moved, meterPolicy: 'refuse' } as const;
    expect(formFromRequest('vae', buildRequest(form, ['x', 'y']))).toEqual(form);
  });
});

it('restores the weights of known ingredients', () => {
  const form = { ...EMPTY_FORM, ingredients: { groove: 0.75, feel: 0 } } as const;
  expect(formFromRequest('vae', buildRequest(form, ['x', 'y']))).toEqual(form);
  const request = { weight: 0.5, ingredients: { bass: 1, form: null, laser: 1 } };
  expect(formFromRequest('vae', request).ingredients).toEqual({ bass: 1 });
});

describe('buildInterpolationRequest', () => {
  it('has the key, temperature and seed of the blend', () => {
    expect(buildInterpolationRequest(EMPTY_FORM, ['x', 'y'], 11)).toEqual({ file_ids: ['x', 'y'], count: 11 });
    const form = { ...EMPTY_FORM, key: 'C major', seed: '7', temperature: 0.5, weight: 0.1, bpm: 90 };
    expect(buildInterpolationRequest(form, ['x', 'y'], 3)).toEqual({
      file_ids: ['x', 'y'],
      count: 3,
      key: 'C major',
      temperature: 0.5,
      seed: 7,
    });
    expect(buildInterpolationRequest({ ...EMPTY_FORM, seed: 'x' }, ['x', 'y'], 3)).not.toHaveProperty('seed');
  });
});

describe('more than two pieces', () => {
  const form = {
    ...EMPTY_FORM,
    shares: [0.5, 0.25, 0.25],
    weights: { lead: 1 },
    ingredients: { form: 1 },
    curve: CURVE_PRESETS['a-to-b'],
    sectionWeights: { A: 1 },
    sliders: { density: 1 },
  } as const;

  it('are sent with their shares, which replace the weights of two', () => {
    expect(buildRequest(form, ['x', 'y', 'z'])).toEqual({
      file_ids: ['x', 'y', 'z'],
      shares: [0.5, 0.25, 0.25],
      sliders: { density: 1 },
    });
    expect(formFromRequest('vae', buildRequest(form, ['x', 'y', 'z'])).shares).toEqual([0.5, 0.25, 0.25]);
  });
});

it('sends sliders of single roles, and restores them', () => {
  const form = { ...EMPTY_FORM, roleSliders: { lead: { register: -0.5 }, bass: {} } } as const;
  const request = buildRequest(form, ['x', 'y']);
  expect(request).toMatchObject({ role_sliders: { lead: { register: -0.5 } } });
  expect(request).not.toHaveProperty('role_sliders.bass');
  expect(formFromRequest('vae', request).roleSliders).toEqual({ lead: { register: -0.5 } });
});

it('restores a curve that was changed by hand', () => {
  const curve = [
    [0, 0.25],
    [0.3125, 0.875],
    [1, 0.1],
  ] as const;
  const request = buildRequest({ ...EMPTY_FORM, curve }, ['x', 'y']);
  expect(request).toHaveProperty('curve', curve);
  expect(formFromRequest('vae', request).curve).toEqual(curve);
});

describe('isSameRequest', () => {
  const ids = ['x', 'y'];

  it('compares what is sent, not what the method ignores', () => {
    expect(isSameRequest(EMPTY_FORM, { ...EMPTY_FORM, style: 'pop', bars: 8 }, ids, ids)).toBe(true);
    expect(isSameRequest(EMPTY_FORM, { ...EMPTY_FORM, weight: 0.51 }, ids, ids)).toBe(false);
    expect(isSameRequest(EMPTY_FORM, { ...EMPTY_FORM, method: 'hybrid' }, ids, ids)).toBe(false);
  });

  it('compares the pieces of a blend', () => {
    expect(isSameRequest(EMPTY_FORM, EMPTY_FORM, ids, ['x', 'z'])).toBe(false);
    const form = { ...EMPTY_FORM, method: 'gan' } as const;
    expect(isSameRequest(form, form, ids, [])).toBe(true);
  });
});
