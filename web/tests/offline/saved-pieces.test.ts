import { expect, test } from 'vitest';
import { planSaved, savedUrls } from '../../src/offline/saved-pieces';

test('of a piece, its facts, notes, MIDI and audio are stored', () => {
  expect(savedUrls('one')).toEqual([
    '/files/one',
    '/files/one/notes',
    '/download/one?format=mid',
    '/play/one?format=opus',
  ]);
});

test('a star fetches what is missing, and its end deletes what is stored', () => {
  const stored = [...savedUrls('one'), '/files/two'];
  expect(planSaved(['two'], stored)).toEqual({ outdated: savedUrls('one'), missing: savedUrls('two').slice(1) });
  expect(planSaved(['two'], savedUrls('two'))).toEqual({ outdated: [], missing: [] });
});
