import { expect, it } from 'vitest';
import { staffY } from '../../src/music/hero-staves';

it('merges the two staves', () => {
  expect(staffY('a', 4, 1000)).toBeCloseTo(staffY('b', 4, 1000));
  expect(staffY('b', 4, 0) - staffY('a', 4, 0)).toBeGreaterThan(150);
});
