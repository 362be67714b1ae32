import { describe, expect, it } from 'vitest';
import type { PieceFile } from '../../../src/api/types';
import {
  barAt,
  barContents,
  describeBar,
  describeSource,
  leadSource,
  parentLetter,
  parseBlendSources,
  sourceRuns,
  sourceShares,
} from '../../../src/music/blends/blend-sources';

function fileWith(provenance: NonNullable<PieceFile['provenance']>): PieceFile {
  const names = { file_id: 'f', name: 'Blend.mid', title: 'Blend', kind: 'result', owner: 'you' } as const;
  const file = { ...names, starred: false, job_id: 'j', summary: null, notices: [], provenance };
  return { ...file, created_at: '2026-01-01T00:00:00Z', expires_at: null };
}

const BLEND = fileWith({
  sources: { groove: [0, 3, 3, 2], rhythm: [1, 1, 2, 2], contour: [2, 2, 2, 0], laser: [1, 1, 1, 1] },
  origins: [
    [0, 1, 0, 1],
    [8, 9, 3, 3],
  ],
});

function parsed() {
  const sources = parseBlendSources(BLEND);
  if (sources === null) throw new Error('There are no sources.');
  return sources;
}

describe('parseBlendSources', () => {
  it('returns known ingredients in order, with parents from 0', () => {
    expect(parsed().nBars).toBe(4);
    expect(parsed().nParents).toBe(2);
    expect(parsed().rows).toEqual([
      { ingredient: 'rhythm', bars: [0, 0, 1, 1] },
      { ingredient: 'contour', bars: [1, 1, 1, 'rest'] },
      { ingredient: 'groove', bars: ['rest', 'between', 'between', 1] },
    ]);
  });

  it('counts what lies between by the number of parents', () => {
    const three = fileWith({ sources: { bass: [3, 4] }, origins: [[0], [0], [0]] });
    expect(parseBlendSources(three)?.rows).toEqual([{ ingredient: 'bass', bars: [2, 'between'] }]);
  });

  it('returns null for pieces without sources', () => {
    const { provenance, ...upload } = fileWith({});
    expect(provenance).toEqual({});
    expect(parseBlendSources(upload)).toBeNull();
    expect(parseBlendSources(fileWith({ method: 'vae', gallery: 'funk' }))).toBeNull();
    expect(parseBlendSources(fileWith({ sources: {}, origins: [] }))).toBeNull();
  });
});

describe('sourceRuns', () => {
  it('joins equal neighbors', () => {
    expect(sourceRuns([0, 0, 'rest', 0])).toEqual([
      { source: 0, firstBar: 0, nBars: 2 },
      { source: 'rest', firstBar: 2, nBars: 1 },
      { source: 0, firstBar: 3, nBars: 1 },
    ]);
    expect(sourceRuns([])).toEqual([]);
  });
});

describe('a bar', () => {
  it('lists what each parent gives, by its own bar', () => {
    expect(barContents(parsed(), 0)).toEqual({
      parents: [
        { parent: 0, barNumber: 1, names: ['melody rhythm'] },
        { parent: 1, barNumber: 9, names: ['melody contour'] },
      ],
      between: [],
      rests: ['groove'],
    });
  });

  it('is described in sentences', () => {
    expect(describeBar(parsed(), 0)).toBe(
      'Bar 1. From A, bar 1: melody rhythm. From B, bar 9: melody contour. Rests: groove.',
    );
    expect(describeBar(parsed(), 2)).toBe('Bar 3. From B, bar 4: melody rhythm, melody contour. Between them: groove.');
  });

  it('has a cell for each ingredient in the table', () => {
    const { origins } = parsed();
    expect([1, 'rest', 'between'].map((source) => describeSource(source as 1, origins, 1))).toEqual([
      'B, bar 10',
      'rest',
      'between',
    ]);
  });
});

it('sums the shares of all sources but rests', () => {
  expect([...sourceShares(parsed())]).toEqual([
    [0, 0.2],
    [1, 0.6],
    ['between', 0.2],
  ]);
});

describe('leadSource', () => {
  it('has a parent for rhythm and one for contour', () => {
    expect(leadSource(parsed(), 0)).toEqual({ rhythm: 0, contour: 1 });
  });

  it('takes the one that sounds where the other rests', () => {
    expect(leadSource(parsed(), 3)).toEqual({ rhythm: 1, contour: 1 });
  });

  it('is null after the last bar', () => {
    expect(leadSource(parsed(), 4)).toBeNull();
  });
});

it('finds the bar of a time, and counts an early note to the next bar', () => {
  const times_s = [0, 1.9, 1.96, 2, 3.5, 99];
  expect(times_s.map((time_s) => barAt([0, 2, 4], time_s))).toEqual([0, 0, 1, 1, 1, 2]);
  expect(barAt([], 3)).toBe(0);
});

it('names parents by letters', () => {
  expect([0, 1, 7, 8].map(parentLetter)).toEqual(['A', 'B', 'H', '9']);
});
