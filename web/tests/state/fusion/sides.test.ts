import { describe, expect, it } from 'vitest';
import { equalShares, resizeShares, withShare, withoutShare } from '../../../src/state/fusion/sides';

const sum = (shares: readonly number[]) => shares.reduce((total, share) => total + share, 0);

describe('withShare', () => {
  it('sets one share and scales the others to a sum of 1', () => {
    expect(withShare([0.5, 0.25, 0.25], 0, 0.2)).toEqual([0.2, 0.4, 0.4]);
    expect(withShare([1, 0, 0], 0, 0.5)).toEqual([0.5, 0.25, 0.25]);
    expect(withShare([0.5, 0.5, 0], 2, 1)).toEqual([0, 0, 1]);
  });

  it('keeps the sum within what the API allows, for eight pieces', () => {
    let shares = equalShares(8);
    for (let move = 0; move < 100; move += 1) shares = withShare(shares, move % 8, (move % 10) / 10);
    expect(Math.abs(sum(shares) - 1)).toBeLessThan(1e-6);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  });
});

describe('resizeShares', () => {
  it('gives a new piece an equal share', () => {
    expect(resizeShares([0.75, 0.25], 3).map((share) => Number(share.toFixed(4)))).toEqual([0.5, 0.1667, 0.3333]);
    expect(resizeShares([], 4)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('scales those that stay', () => {
    expect(resizeShares([0.2, 0.2, 0.6], 2)).toEqual([0.5, 0.5]);
    expect(withoutShare([0.2, 0.6, 0.2], 1)).toEqual([0.5, 0.5]);
    expect(withoutShare([0, 1, 0], 1)).toEqual([0.5, 0.5]);
  });
});
