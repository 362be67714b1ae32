import { expect, it } from 'vitest';
import { describeDivision, programFamily } from '../../src/music/roles';

it('names the families of General MIDI programs', () => {
  expect([programFamily(0), programFamily(33), programFamily(73), programFamily(127)]).toEqual([
    'Piano',
    'Bass',
    'Pipe',
    'Sound effects',
  ]);
});

it('describes how a track is divided', () => {
  expect(describeDivision(['lead', 'harmony', 'bass'])).toBe(', divided into lead, harmony and bass');
  expect(describeDivision(['lead', 'bass'])).toBe(', divided into lead and bass');
  expect(describeDivision(['lead'])).toBe('');
});
