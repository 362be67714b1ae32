import { describe, expect, it } from 'vitest';
import type { Job, JobOutput } from '../../src/api/types';
import { describeMaking, repeatRequest, type Making } from '../../src/music/request-words';

const PARENTS: readonly JobOutput[] = [
  { file_id: 'a', title: 'Funk' },
  { file_id: 'b', title: 'Waltz' },
];

function making(method: Job['method'], request: Job['request'], generation?: JobOutput['made']): Making {
  const piece: JobOutput = { file_id: 'f', title: 'Piece', ...(generation ? { made: generation } : {}) };
  const job = { job_id: 'j', method, request, results: [piece], parents: PARENTS } as unknown as Job;
  const file = { provenance: { key: 'F# minor', seed: 7 }, summary: { tempo_bpm: 97.5 } } as unknown as Making['file'];
  return { job, piece, file, parents: method === 'gan' ? [] : PARENTS, styleName: (id) => id.toUpperCase() };
}

const words = (each: Making) => Object.fromEntries(describeMaking(each)) as Record<string, string>;

describe('describeMaking', () => {
  it('tells every setting of a plain blend, defaults included', () => {
    expect(words(making('vae', { weight: 0.6, seed: 7 }))).toEqual({
      Mix: '40% A (Funk), 60% B (Waltz)',
      Key: 'F♯ minor (the key of A)',
      Tempo: '97.5 BPM (from the parents, by the mix)',
      Shape: 'as it comes',
      'At 0% and 100%': 're-created by the model',
      'Different meters': 'converted; irregular ones refused',
      Variation: '0.5 (default)',
      Seed: '7',
    });
  });

  it('tells what was set', () => {
    const request = {
      curve: [
        [0, 0],
        [1, 0.5],
      ],
      weights: { drums: 1 },
      ingredients: { harmony: 0, groove: null },
      section_weights: [{ label: 'B', weight: 0.25 }],
      sliders: { density: 0.5, register: 0 },
      role_sliders: { lead: { register: -0.25 } },
      key: 'Bb major',
      bpm: 100,
      ends: 'original',
      temperature: 0.8,
      meter_policy: 'convert',
    };
    expect(words(making('vae', request))).toMatchObject({
      Mix: '0% B at 0% of the piece, 50% B at 100% of the piece',
      'Set separately': 'Drums 100% B',
      Ingredients: 'Chords 0% B',
      'Section 2': '25% B',
      Key: 'B♭ major',
      Tempo: '100 BPM',
      Shape: 'density +50%, Lead register −25%',
      'At 0% and 100%': 'exact original',
      'Different meters': 'converted, irregular ones too',
      Variation: '0.8',
    });
  });

  it('tells what the seed chose for a generated piece', () => {
    const generation = {
      style: 'jazz',
      key: 'C minor',
      bpm: 96,
      meter: '4/4',
      bars: 24,
      seed: 9,
      mood: { valence: -0.5, energy: 0 },
    };
    const request = { bars: 24, roles: ['lead', 'bass'], count: 3, seed: 5 };
    expect(words(making('gan', request, generation as JobOutput['made']))).toEqual({
      Style: 'any; the seed chose JAZZ',
      Key: 'F♯ minor (the seed chose it)',
      Tempo: '96 BPM (the seed chose it)',
      Meter: '4/4 (the seed chose it)',
      Length: '24 bars',
      Mood: '50% sad, neither calm nor lively (the seed chose it)',
      Density: 'the seed chose it',
      Roles: 'Lead, Bass',
      Pieces: '3',
      Seed: '9',
    });
  });
});

it('a job is repeated with its seed or with a new one', () => {
  const { job } = making('vae', { file_ids: ['a', 'b'], weight: 0.6, seed: 7, recordings: ['a'] });
  expect(repeatRequest(job, false)).toEqual({ file_ids: ['a', 'b'], weight: 0.6, seed: 7 });
  expect(repeatRequest(job, true)).toEqual({ file_ids: ['a', 'b'], weight: 0.6 });
});
