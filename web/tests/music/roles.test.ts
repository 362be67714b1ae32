import { expect, it } from 'vitest';
import { programFamily } from '../../src/music/roles';

it('names the families of General MIDI programs', () => {
  expect([programFamily(0), programFamily(33), programFamily(73), programFamily(127)]).toEqual([
    'Piano',
    'Bass',
    'Pipe',
    'Sound effects',
  ]);
});
