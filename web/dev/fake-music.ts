/** Generates music for the fake gateway: chords, a melody, a bass line and drums from a seed. */
import type { LocalKey, Notes, Peaks, PieceFile, Role } from '../src/api/types.ts';
import { buildProvenance } from './fake-sources.ts';

type FakeNote = readonly [onset_s: number, duration_s: number, pitch: number, velocity: number];

export interface FakePiece {
  readonly title: string;
  readonly seed: number;
  readonly bars: number;
  readonly tempo_bpm: number;
}

const SCALE = [0, 2, 4, 5, 7, 9, 11];
const CHORDS = [
  [0, 4, 5, 3],
  [5, 3, 0, 4],
  [0, 5, 3, 4],
  [1, 4, 0, 0],
];
const TRACK_ROLES: readonly Role[] = ['lead', 'harmony', 'bass', 'drums'];

function createRandom(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    return state / 2 ** 32;
  };
}

function pitch(degree: number, octave: number): number {
  return 12 * (octave + 1 + Math.floor(degree / 7)) + (SCALE[((degree % 7) + 7) % 7] ?? 0);
}

export function buildNotes(piece: FakePiece): Notes {
  const beat_s = 60 / piece.tempo_bpm;
  const nextRandom = createRandom(piece.seed);
  const chords = CHORDS[piece.seed % CHORDS.length] ?? [0];
  const tracks: FakeNote[][] = [[], [], [], []];
  const add = (track: number, beat: number, beats: number, note: number, velocity: number) =>
    tracks[track]?.push([beat * beat_s, beats * beat_s * 0.95, note, velocity]);
  let degree = 7;
  for (let bar = 0; bar < piece.bars; bar += 1) {
    const root = chords[bar % chords.length] ?? 0;
    for (let step = 0; step < 8; step += nextRandom() < 0.4 ? 2 : 1) {
      degree = Math.max(3, Math.min(14, degree + Math.round(nextRandom() * 4 - 2)));
      if (nextRandom() < 0.8) add(0, bar * 4 + step / 2, 0.5, pitch(degree, 4), 70 + nextRandom() * 50);
    }
    for (const third of [0, 2, 4]) add(1, bar * 4, 3.8, pitch(root + third, 3), 60);
    for (let beat = 0; beat < 4; beat += 1) add(2, bar * 4 + beat, 0.8, pitch(root + (beat === 2 ? 4 : 0), 2), 90);
    for (let half = 0; half < 8; half += 1) add(3, bar * 4 + half / 2, 0.2, 42, 60);
    for (const beat of [0, 2]) add(3, bar * 4 + beat, 0.2, 36, 100);
    for (const beat of [1, 3]) add(3, bar * 4 + beat, 0.2, 38, 95);
  }
  return {
    duration_s: piece.bars * 4 * beat_s + 1,
    tempo_bpm: piece.tempo_bpm,
    bars_s: Array.from({ length: piece.bars }, (_, bar) => bar * 4 * beat_s),
    tracks: tracks.map((notes, track) => ({
      track,
      name: ['Flute', 'Strings', 'Bass guitar', 'Kit'][track] ?? '',
      role: TRACK_ROLES[track] ?? null,
      program: [73, 48, 33, 0][track] ?? 0,
      is_drum: track === 3,
      notes,
    })),
  };
}

export function buildFile(fileId: string, piece: FakePiece, kind: PieceFile['kind']): PieceFile {
  const notes = buildNotes(piece);
  return {
    file_id: fileId,
    name: piece.title,
    title: piece.title,
    kind,
    owner: 'you',
    starred: false,
    job_id: null,
    summary: {
      bars: piece.bars,
      seconds: notes.duration_s,
      tempo_bpm: piece.tempo_bpm,
      meter: '4/4',
      key: {
        name: 'F# minor',
        confidence: 0.78,
        mode: piece.seed % 2 ? 'dorian' : null,
        runner_up: { name: 'A major', confidence: 0.3 },
      },
      local_keys: piece.seed % 2 ? buildLocalKeys(piece) : [],
      tracks: notes.tracks.map(({ notes: trackNotes, ...track }) => ({
        ...track,
        notes: trackNotes.length,
        role_confidence: 0.9,
      })),
      grid: 'file',
      grid_confidence: 0.98,
    },
    notices: piece.seed % 2 ? [{ reason: 'TEMPO_CHANGES_KEPT', message: '3 tempo changes kept.' }] : [],
    provenance: /^(Blend|Hybrid) of/.test(piece.title) ? buildProvenance(piece.bars) : {},
    created_at: '2026-01-01T00:00:00Z',
    expires_at: null,
  };
}

function buildLocalKeys(piece: FakePiece): readonly LocalKey[] {
  const half = piece.bars / 2;
  return ['F# minor', 'A major'].map((name, index) => ({
    name,
    confidence: 0.7,
    first_bar: index * half,
    bars: half,
    start_s: 0,
    end_s: 0,
  }));
}

const RATE_HZ = 22050;

/** Renders the piece as decaying tones: 16-bit mono WAV. */
export function renderWav(piece: FakePiece): Uint8Array {
  const notes = buildNotes(piece);
  const samples = new Float32Array(Math.ceil(notes.duration_s * RATE_HZ));
  for (const track of notes.tracks) for (const note of track.notes) addTone(samples, note, track.is_drum);
  const bytes = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const words = [
    0x46464952,
    bytes.length - 8,
    0x45564157,
    0x20746d66,
    16,
    0x10001,
    RATE_HZ,
    RATE_HZ * 2,
    0x100002,
    0x61746164,
    samples.length * 2,
  ];
  words.forEach((word, index) => view.setUint32(index * 4, word, true));
  samples.forEach((sample, index) => view.setInt16(44 + index * 2, Math.max(-1, Math.min(1, sample)) * 32000, true));
  return bytes;
}

/** Builds a waveform that swells and fades. */
export function buildPeaks(piece: FakePiece): Peaks {
  const { duration_s } = buildNotes(piece);
  const maximums = Array.from({ length: 1024 }, (_, index) => 0.15 + 0.7 * Math.abs(Math.sin(index / 17 + piece.seed)));
  return { seconds: duration_s, minimums: maximums.map((level) => -0.9 * level), maximums };
}

function addTone(samples: Float32Array, [onset_s, duration_s, note, velocity]: FakeNote, isDrum: boolean): void {
  const start = Math.floor(onset_s * RATE_HZ);
  const step = (2 * Math.PI * 440 * 2 ** ((note - 69) / 12)) / RATE_HZ;
  for (let offset = 0; offset < Math.floor(duration_s * RATE_HZ) && start + offset < samples.length; offset += 1) {
    const fade = Math.exp((-offset / RATE_HZ) * (isDrum ? 40 : 4)) * (velocity / 127) * 0.2;
    samples[start + offset] =
      (samples[start + offset] ?? 0) + fade * (isDrum ? Math.sin(offset * offset) : Math.sin(step * offset));
  }
}
