import { describe, expect, it } from 'vitest';
import type { Summary } from '../../src/api/types';
import { describeGrid } from '../../src/music/grid';

const SUMMARY = { tempo_bpm: 87.04, grid: 'found', grid_confidence: 0.95 } as Summary;

describe('describeGrid', () => {
  it('says that the beat was found, and how likely it is', () => {
    expect(describeGrid(SUMMARY)).toEqual({
      title: 'Beat found: about 87 BPM',
      detail: 'from the notes, confident',
    });
  });

  it("gives the file's own tempo", () => {
    expect(describeGrid({ ...SUMMARY, grid: 'file', tempo_bpm: 97.46, grid_confidence: 0.7 })).toEqual({
      title: 'Beat of the file: 97.5 BPM',
      detail: 'as it is written, likely',
    });
  });

  it('says nothing of the likelihood of what a person has chosen', () => {
    expect(describeGrid({ ...SUMMARY, grid_confidence: 1 }).detail).toBe('from the notes');
  });
});
