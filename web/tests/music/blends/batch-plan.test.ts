import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/api/types';
import { blendsOf, countBlends, moreLike, pairsOf, planBlends, planStyles } from '../../../src/music/blends/batch-plan';

const JOB = { method: 'vae', request: { file_ids: ['a', 'b'], weight: 0.3, seed: 7, recordings: ['a'] } };

describe('a plan of blends', () => {
  it('has each pair of pieces once', () => {
    expect(pairsOf(['a', 'b', 'c'])).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ]);
    expect(pairsOf(['a'])).toEqual([]);
  });

  it('makes each pair at each mix, as often as asked', () => {
    const plan = { fileIds: ['a', 'b', 'c'], weights: [0.2, 0.8], versions: 2 };
    const items = planBlends(plan);
    expect(items).toHaveLength(12);
    expect(countBlends(plan)).toBe(12);
    expect(items.slice(0, 3)).toEqual([
      { method: 'vae', file_ids: ['a', 'b'], weight: 0.2 },
      { method: 'vae', file_ids: ['a', 'b'], weight: 0.2 },
      { method: 'vae', file_ids: ['a', 'b'], weight: 0.8 },
    ]);
  });

  it('never makes more than the gateway takes', () => {
    const ids = Array.from({ length: 12 }, (_, index) => String(index));
    expect(blendsOf(ids, 'All').items).toHaveLength(64);
    expect(blendsOf(['a', 'b'], 'Two').items?.map((item) => 'weight' in item && item.weight)).toEqual([
      0.25, 0.5, 0.75,
    ]);
  });
});

describe('a plan of styles', () => {
  it('generates each style, as often as asked', () => {
    expect(planStyles({ styles: ['jazz', 'folk'], versions: 2 }).map((item) => 'style' in item && item.style)).toEqual([
      'jazz',
      'jazz',
      'folk',
      'folk',
    ]);
  });
});

describe('more like a piece', () => {
  it('is the same job with new seeds', () => {
    const items = moreLike(JOB as unknown as Job, 'More')?.items;
    expect(items).toHaveLength(4);
    expect(items?.[0]).toEqual({ method: 'vae', file_ids: ['a', 'b'], weight: 0.3 });
  });

  it('generates one piece for each item', () => {
    const job = { method: 'gan', request: { style: 'jazz', seed: 1, count: 3 } } as unknown as Job;
    expect(moreLike(job, 'More')?.items?.[0]).toEqual({ method: 'gan', style: 'jazz', count: 1 });
  });

  it('is nothing for a transcription', () => {
    expect(moreLike({ method: 'transcribe', request: {} } as unknown as Job, 'More')).toBeNull();
  });
});
