/**
 * Layout of the piano roll: converts notes in seconds to rectangles in CSS pixels.
 *
 * Pitched notes share one area, higher pitches at the top. Drums have rows of their own below it, one for each of the
 * nine drum classes of the models (Magenta's `DEFAULT_DRUM_TYPE_PITCHES`), with the bass drum at the bottom.
 */
import { msg } from '@lit/localize';
import type { Notes, PianoRollNote, PianoRollTrack, Role } from '../api/types';

export interface NoteBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly role: Role | null;
  readonly isDrum: boolean;
  /** 0 to 1. */
  readonly loudness: number;
}

export interface RollLayout {
  /** The lowest and highest pitch shown. */
  readonly low: number;
  readonly high: number;
  readonly pixelsPerSecond: number;
  readonly rowHeight: number;
  readonly drumRowHeight: number;
  /** The top of the drum rows. */
  readonly drumY: number;
  readonly width: number;
  readonly height: number;
}

export const DRUM_CLASSES: readonly (() => string)[] = [
  () => msg('Bass drum'),
  () => msg('Snare'),
  () => msg('Closed hat'),
  () => msg('Open hat'),
  () => msg('Low tom'),
  () => msg('Mid tom'),
  () => msg('High tom'),
  () => msg('Crash'),
  () => msg('Ride'),
];

const DRUM_PITCHES: readonly (readonly number[])[] = [
  [36, 35],
  [38, 27, 28, 31, 32, 33, 34, 37, 39, 40, 56, 65, 66, 75, 85],
  [42, 44, 54, 68, 69, 70, 71, 73, 78, 80, 22],
  [46, 67, 72, 74, 79, 81, 26],
  [45, 29, 41, 43, 61, 64, 84],
  [48, 47, 60, 63, 77, 86, 87],
  [50, 30, 62, 76, 83],
  [49, 52, 55, 57, 58],
  [51, 53, 59, 82],
];
const CLASS_OF_PITCH = new Map(
  DRUM_PITCHES.flatMap((pitches, drumClass) => pitches.map((pitch) => [pitch, drumClass])),
);

const PITCH_MARGIN = 2;
const MIN_PITCH_SPAN = 24;
const DRUM_GAP = 12;
/** Space above the notes for bar numbers. */
const BAR_NUMBER_HEIGHT = 18;
const MIN_NOTE_WIDTH = 1.5;
const MIN_PIXELS_PER_SECOND = 16;

/** Returns the drum class of a pitch, 0 (bass drum) to 8 (ride). Unknown pitches count as snare. */
export function drumClass(pitch: number): number {
  return CLASS_OF_PITCH.get(pitch) ?? 1;
}

/** Returns the lowest and highest pitch to show: all pitched tracks with a margin, and at least two octaves. */
export function pitchRange(tracks: readonly PianoRollTrack[]): readonly [low: number, high: number] {
  const pitches = tracks.filter((track) => !track.is_drum).flatMap((track) => track.notes.map((note) => note[2]));
  if (pitches.length === 0) return [48, 72];
  const low = pitches.reduce((least, pitch) => Math.min(least, pitch)) - PITCH_MARGIN;
  const high = pitches.reduce((most, pitch) => Math.max(most, pitch)) + PITCH_MARGIN;
  const missing = Math.max(0, MIN_PITCH_SPAN - (high - low));
  return [low - Math.ceil(missing / 2), high + Math.floor(missing / 2)];
}

/** Fits a piece into a view; at `zoom` 1 all of it is visible. */
export function computeLayout(notes: Notes, viewWidth: number, height: number, zoom: number): RollLayout {
  const [low, high] = pitchRange(notes.tracks);
  const hasDrums = notes.tracks.some((track) => track.is_drum && track.notes.length > 0);
  const drumHeight = hasDrums ? Math.min(height * 0.3, DRUM_CLASSES.length * 10) : 0;
  const fieldHeight = height - BAR_NUMBER_HEIGHT - drumHeight - (hasDrums ? DRUM_GAP : 0);
  const width = viewWidth * Math.max(1, zoom);
  return {
    low,
    high,
    pixelsPerSecond: notes.duration_s > 0 ? width / notes.duration_s : 0,
    rowHeight: fieldHeight / (high - low + 1),
    drumRowHeight: drumHeight / DRUM_CLASSES.length,
    drumY: height - drumHeight,
    width,
    height,
  };
}

/** Returns the role of a note: its own where its track is divided, such as a piano, else that of the track. */
export function noteRole(track: PianoRollTrack, index: number): Role | null {
  return track.note_roles?.[index] ?? track.role;
}

/** Returns the roles that notes of a piece have. */
export function presentRoles(notes: Notes): ReadonlySet<Role | null> {
  return new Set(notes.tracks.flatMap((track) => track.notes.map((_, index) => noteRole(track, index))));
}

/** Returns a rectangle for each note, in drawing order: the lead comes last and lies on top. */
export function layoutNotes(notes: Notes, layout: RollLayout): NoteBox[] {
  const order: readonly (Role | null)[] = ['drums', null, 'harmony', 'bass', 'lead'];
  const boxes = notes.tracks.flatMap((track) =>
    track.notes.map((note, index) => layoutNote(track, note, noteRole(track, index), layout)),
  );
  return boxes.sort((one, other) => order.indexOf(one.role) - order.indexOf(other.role));
}

/** Returns the top of a pitch's row. */
export function pitchY(pitch: number, layout: RollLayout): number {
  return BAR_NUMBER_HEIGHT + (layout.high - pitch) * layout.rowHeight;
}

/** Returns the zoom that shows the whole piece, or a larger one where notes would be too narrow to see. */
export function initialZoom(duration_s: number, viewWidth: number): number {
  return viewWidth > 0 ? Math.max(1, (duration_s * MIN_PIXELS_PER_SECOND) / viewWidth) : 1;
}

function layoutNote(track: PianoRollTrack, note: PianoRollNote, role: Role | null, layout: RollLayout): NoteBox {
  const [onset_s, duration_s, pitch, velocity] = note;
  const drumRow = DRUM_CLASSES.length - 1 - drumClass(pitch);
  return {
    x: onset_s * layout.pixelsPerSecond,
    y: track.is_drum ? layout.drumY + drumRow * layout.drumRowHeight : pitchY(pitch, layout),
    width: Math.max(MIN_NOTE_WIDTH, duration_s * layout.pixelsPerSecond),
    height: track.is_drum ? layout.drumRowHeight : layout.rowHeight,
    role,
    isDrum: track.is_drum,
    loudness: Math.min(1, Math.max(0, velocity / 127)),
  };
}

/** Returns the distance in bars between numbered bar lines that keeps the numbers from overlapping. */
export function barNumberStride(bars: readonly number[], pixelsPerSecond: number, minGap = 44): number {
  if (bars.length < 2) return 1;
  const barWidth = (((bars.at(-1) ?? 0) - (bars[0] ?? 0)) / (bars.length - 1)) * pixelsPerSecond;
  const strides = [1, 2, 4, 8, 16, 32, 64];
  return strides.find((stride) => stride * barWidth >= minGap) ?? 128;
}
