import { describe, expect, it } from 'vitest';
import { computeBarShares, describeBarShares, meanShares } from '../../../src/music/blends/bar-shares';
import type { BlendSources } from '../../../src/music/blends/blend-sources';

const SOURCES: BlendSources = {
  nBars: 4,
  nParents: 2,
  rows: [
    { ingredient: 'harmony', bars: [0, 1, 'between', 'rest'] },
    { ingredient: 'rhythm', bars: [0, 0, 'rest', 'rest'] },
  ],
  origins: [
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ],
};

describe('computeBarShares', () => {
  it('counts the ingredients of each bar; those in between count by the weight', () => {
    const shares = computeBarShares(SOURCES, { settings: { weight: 0.25 } });
    expect(shares).toEqual([
      [1, 0],
      [0.5, 0.5],
      [0.75, 0.25],
      [0, 0],
    ]);
  });

  it('takes the weight of a morph at the middle of the bar', () => {
    const sources = {
      ...SOURCES,
      rows: [{ ingredient: 'harmony', bars: ['between', 'between', 'between', 'between'] }],
    };
    const shares = computeBarShares(sources as BlendSources, {
      settings: {
        curve: [
          [0, 0],
          [0.5, 1],
          [1, 1],
        ],
      },
    });
    expect(shares.map(([, b]) => b)).toEqual([0.25, 0.75, 1, 1]);
  });

  it('takes the shares of several parents', () => {
    const sources: BlendSources = {
      nBars: 1,
      nParents: 3,
      rows: [{ ingredient: 'harmony', bars: ['between'] }],
      origins: [[0], [0], [0]],
    };
    expect(computeBarShares(sources, { settings: { shares: [0.5, 0.25, 0.25] } })).toEqual([[0.5, 0.25, 0.25]]);
  });
});

it('the mean leaves bars out in which everything rests', () => {
  expect(
    meanShares([
      [1, 0],
      [0.5, 0.5],
      [0, 0],
    ]),
  ).toEqual([0.75, 0.25]);
});

it('the description names the mean and some bars', () => {
  const bars = [1, 0.75, 0.5, 0.25, 0].map((a) => [a, 1 - a]);
  expect(describeBarShares(bars)).toBe(
    'On average A 50%, B 50%. Bar 1: A 100%, B 0%. Bar 2: A 75%, B 25%. Bar 3: A 50%, B 50%. ' +
      'Bar 4: A 25%, B 75%. Bar 5: A 0%, B 100%.',
  );
});
