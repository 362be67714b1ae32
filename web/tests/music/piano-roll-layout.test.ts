import { describe, expect, it } from 'vitest';
import type { Notes, PianoRollTrack } from '../../src/api/types';
import {
  barNumberStride,
  computeLayout,
  drumClass,
  initialZoom,
  layoutNotes,
  noteRole,
  pitchRange,
  pitchY,
  presentRoles,
} from '../../src/music/piano-roll-layout';

function track(notes: PianoRollTrack['notes'], role: PianoRollTrack['role'], is_drum = false): PianoRollTrack {
  return { track: 0, name: '', role, program: 0, is_drum, notes };
}

const notes: Notes = {
  duration_s: 10,
  tempo_bpm: 120,
  bars_s: [0, 2, 4, 6, 8],
  tracks: [track([[2, 1, 60, 127]], 'lead'), track([[0, 0.1, 36, 64]], 'drums', true), track([[0, 4, 48, 0]], 'bass')],
};

describe('roles of notes', () => {
  const piano: PianoRollTrack = {
    ...track(
      [
        [0, 1, 72, 90],
        [0, 1, 60, 90],
        [0, 1, 48, 90],
      ],
      'lead',
    ),
    note_roles: ['lead', 'harmony', null],
  };
  const divided: Notes = { ...notes, tracks: [piano, track([[0, 1, 40, 90]], 'bass')] };

  it('are those of the notes where a track is divided', () => {
    expect([0, 1, 2].map((index) => noteRole(piano, index))).toEqual(['lead', 'harmony', 'lead']);
    expect([...presentRoles(divided)]).toEqual(['lead', 'harmony', 'bass']);
  });

  it('decide the order of drawing', () => {
    const layout = computeLayout(divided, 100, 200, 1);
    expect(layoutNotes(divided, layout).map((box) => box.role)).toEqual(['harmony', 'bass', 'lead', 'lead']);
  });
});

describe('pitchRange', () => {
  it('spans at least two octaves around the notes, without drums', () => {
    expect(pitchRange(notes.tracks)).toEqual([42, 66]);
  });

  it('follows a wide range with a margin of two semitones', () => {
    expect(
      pitchRange([
        track(
          [
            [0, 1, 30, 90],
            [0, 1, 90, 90],
          ],
          null,
        ),
      ]),
    ).toEqual([28, 92]);
  });

  it('has a range even where there are only drums', () => {
    expect(pitchRange([track([[0, 1, 36, 90]], 'drums', true)])).toEqual([48, 72]);
  });
});

describe('layoutNotes', () => {
  const frame = computeLayout(notes, 500, 340, 2);
  const boxes = layoutNotes(notes, frame);

  it('maps seconds to x and pitches to y, upwards', () => {
    const lead = boxes.find((box) => box.role === 'lead');
    expect(frame.pixelsPerSecond).toBe(100);
    expect(lead).toMatchObject({ x: 200, width: 100, y: pitchY(60, frame), loudness: 1, isDrum: false });
    expect(pitchY(60, frame)).toBeLessThan(pitchY(48, frame));
  });

  it('keeps every box within the view', () => {
    for (const box of boxes) {
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.y + box.height).toBeLessThanOrEqual(340.001);
      expect(box.x + box.width).toBeLessThanOrEqual(frame.width);
    }
  });

  it('puts drums in rows below the pitched notes, and draws the lead last', () => {
    expect(boxes.map((box) => box.role)).toEqual(['drums', 'bass', 'lead']);
    expect(boxes[0]?.y).toBeCloseTo(frame.drumY + 8 * frame.drumRowHeight);
    expect(boxes[0]?.y).toBeGreaterThan(pitchY(frame.low, frame) + frame.rowHeight);
  });

  it('leaves no space for drums where there are none', () => {
    const pitched = { ...notes, tracks: notes.tracks.slice(0, 1) };
    expect(computeLayout(pitched, 500, 340, 1).drumY).toBe(340);
  });
});

describe('drumClass', () => {
  it('knows the nine classes and counts other pitches as snare', () => {
    expect([36, 38, 42, 46, 45, 48, 50, 49, 51].map(drumClass)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(drumClass(127)).toBe(1);
  });
});

describe('zoom and bar numbers', () => {
  it('shows all of a short piece and a readable part of a long one', () => {
    expect(initialZoom(10, 1200)).toBe(1);
    expect(initialZoom(150, 1200)).toBe(2);
    expect(initialZoom(150, 0)).toBe(1);
  });

  it('numbers bars so that the numbers do not overlap', () => {
    expect(barNumberStride([0, 2, 4, 6], 50)).toBe(1);
    expect(barNumberStride([0, 2, 4, 6], 8)).toBe(4);
    expect(barNumberStride([], 8)).toBe(1);
  });
});
