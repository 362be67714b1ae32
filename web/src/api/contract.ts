/** The gateway's resources, as its HTTP page fixes them. All tempos count quarter notes. */

export const ROLES = ['lead', 'harmony', 'bass', 'drums'] as const;
export type Role = (typeof ROLES)[number];

/** What a slider moves: -1 for little, 1 for much. */
export const ATTRIBUTES = ['density', 'register', 'syncopation', 'polyphony'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

/** What a user may set a track's role to; "none" leaves the track out. */
export type RoleChoice = Role | 'none';

export interface DetectedKey {
  /** Always major or minor, such as "F# minor". */
  readonly name: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** A clear mode, such as "dorian", beside the major or minor name. */
  readonly mode?: string | null;
  /** The next likely key. */
  readonly runner_up?: { readonly name: string; readonly confidence: number } | null;
}

/** A stretch of whole bars in one key. */
export interface LocalKey {
  readonly name: string;
  readonly confidence: number;
  /** 0 for the piece's first. */
  readonly first_bar: number;
  readonly bars: number;
  readonly start_s: number;
  readonly end_s: number;
}

export interface Track {
  readonly track: number;
  readonly name: string;
  /** General MIDI program, 0 to 127. */
  readonly program: number;
  readonly is_drum: boolean;
  /** How many. */
  readonly notes: number;
  readonly role: Role | null;
  /** 0 to 1. */
  readonly role_confidence: number;
}

export interface Notice {
  readonly reason: string;
  readonly message: string;
}

export interface Summary {
  readonly bars: number;
  readonly seconds: number;
  readonly tempo_bpm: number;
  /** Such as "4/4". */
  readonly meter: string;
  readonly key: DetectedKey | null;
  /** Empty where it stays in one. */
  readonly local_keys?: readonly LocalKey[];
  readonly tracks: readonly Track[];
}

/** What was written down from a recording, as a file of its own. */
export interface Transcription {
  readonly file_id: string;
  /** The share of its notes that should be right, 0 to 1. */
  readonly confidence: number;
  readonly tempo_confidence: number;
  readonly meter_confidence: number;
  /** The second of the recording at which it begins. */
  readonly start_s: number;
  /** Of the recording. */
  readonly seconds: number;
}

/** The contract's File; named so as not to hide the browser's own. */
export interface PieceFile {
  readonly file_id: string;
  readonly name: string;
  readonly kind: 'midi' | 'audio' | 'result';
  /** Null for a recording that is not written down. */
  readonly summary: Summary | null;
  readonly notices: readonly Notice[];
  /** Of a recording: the job that writes it down. */
  readonly job?: string | null;
  readonly transcription?: Transcription | null;
  /** Of a result: parents, seed, weights, model digests. */
  readonly provenance?: Readonly<Record<string, unknown>>;
}

/** [onset_s, duration_s, MIDI pitch, velocity] */
export type PianoRollNote = readonly [number, number, number, number];

export interface PianoRollTrack {
  readonly track: number;
  readonly name: string;
  readonly role: Role | null;
  readonly program: number;
  readonly is_drum: boolean;
  readonly notes: readonly PianoRollNote[];
}

export interface Notes {
  readonly duration_s: number;
  readonly tempo_bpm: number;
  /** Where each bar begins. */
  readonly bars_s: readonly number[];
  readonly tracks: readonly PianoRollTrack[];
}

/** The waveform of a piece: the lowest and the highest sample of each part, -1 to 1. */
export interface Peaks {
  readonly seconds: number;
  readonly minimums: readonly number[];
  readonly maximums: readonly number[];
}

/** A stretch of a piece that sounds unlike what stands before and after it; those that are alike share a label. */
export interface Section {
  readonly label: string;
  /** 0 for the piece's first. */
  readonly first_bar: number;
  readonly bars: number;
  readonly start_s: number;
  readonly end_s: number;
}

/** What a generated piece was made with: what was asked for, and what was drawn for the rest. */
export interface GenerationInfo {
  readonly style: string;
  readonly key: string;
  readonly bpm: number;
  readonly meter: string;
  readonly bars: number;
  /** Both -1 to 1. */
  readonly mood?: { readonly valence: number; readonly energy: number } | null;
  /** -1 to 1. */
  readonly density?: number | null;
  readonly seed: number;
}

export interface JobOutput {
  readonly file_id: string;
  readonly title: string;
  /** Of a blend, by the labels of the first piece's. */
  readonly sections?: readonly Section[];
  /** Of a generated piece. */
  readonly made?: GenerationInfo | null;
  /** Of a step from A to B: the share of B. */
  readonly weight?: number | null;
}

/** RFC 9457, with the reason that has a page of its own. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly reason?: string;
  /** One entry for each refused file or field. */
  readonly errors?: readonly { readonly name?: string; readonly reason?: string; readonly message?: string }[];
}

export type Method = 'vae' | 'gan' | 'hybrid';
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface Job {
  readonly job_id: string;
  readonly method: Method | 'transcribe' | 'steps';
  readonly state: JobState;
  /** 0 to 1. */
  readonly progress: number;
  readonly stage: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  /** The first is the answer. */
  readonly results: readonly JobOutput[];
  readonly parents: readonly JobOutput[];
  readonly error: Problem | null;
}

export interface Style {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly meters: readonly string[];
  readonly roles: readonly Role[];
}

export interface GalleryItem {
  readonly file_id: string;
  readonly title: string;
  readonly description: string;
  readonly method: Method;
  readonly styles: readonly string[];
  readonly parents: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seed: number;
}

export type DownloadFormat = 'mid' | 'wav' | 'flac' | 'ogg' | 'opus' | 'mp3';

export function isFinished(job: Job): boolean {
  return job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled';
}
