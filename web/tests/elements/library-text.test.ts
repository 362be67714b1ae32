import { describe, expect, it } from 'vitest';
import { ageText, expiryText, factsText, mixText, openUrl, summaryText } from '../../src/elements/library/library-text';
import { curvePath } from '../../src/elements/library/mix-picture';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const A = { file_id: 'a', title: 'Funk' };
const B = { file_id: 'b', title: 'Waltz' };

describe('library texts', () => {
  it('tell key, tempo, meter, bars and length', () => {
    const facts = { key: 'E minor', tempo_bpm: 110, meter: '4/4', bars: 16, seconds: 35 };
    expect(factsText(facts)).toBe('E minor · 110 BPM · 4/4 · 16 bars · 0:35');
    expect(factsText({ ...facts, key: null, bars: 1 })).toBe('no key · 110 BPM · 4/4 · 1 bar · 0:35');
    expect(summaryText({ summary: null })).toBe('Not transcribed yet');
  });

  it('tell how a blend was weighed', () => {
    const parents = [
      { ...A, weight: null },
      { ...B, weight: null },
    ];
    expect(mixText({ weight: 0.6, curve: null, parents })).toBe('60% B');
    expect(
      mixText({
        weight: null,
        curve: [
          [0, 0],
          [1, 0.75],
        ],
        parents,
      }),
    ).toBe('Morph, 0% B to 75% B');
    expect(mixText({ weight: null, curve: null, parents })).toBe('');
    const shares = [0.5, 0.25, 0.25].map((weight) => ({ ...A, weight }));
    expect(mixText({ weight: null, curve: null, parents: shares })).toBe('50%, 25%, 25%');
  });

  it('tell age and expiry', () => {
    expect(ageText('2026-03-01T11:59:40Z', NOW)).toBe('just now');
    expect(ageText('2026-03-01T11:55:00Z', NOW)).toBe('5 minutes ago');
    expect(ageText('2026-02-28T11:00:00Z', NOW)).toBe('yesterday');
    expect(expiryText({ expires_at: null }, NOW)).toBe('never expires');
    expect(expiryText({ expires_at: '2026-03-07T13:00:00Z' }, NOW)).toBe('expires in 6 days');
    expect(expiryText({ expires_at: '2026-03-01T14:20:00Z' }, NOW)).toBe('expires in 2 hours');
  });

  it('lead to the job that wrote a piece, or to the piece as A', () => {
    expect(openUrl({ file_id: 'a', job_id: 'j' })).toBe('/fuse?job=j&piece=a');
    expect(openUrl({ file_id: 'a', job_id: null })).toBe('/fuse?method=vae&a=a');
  });
});

it('a curve is drawn level before its first point and after its last', () => {
  expect(
    curvePath([
      [0.25, 0],
      [0.75, 1],
    ]),
  ).toBe('M0 24L0 24L24 24L72 0L96 0L96 24Z');
});
