/** The gateway's resources, as its HTTP page fixes them. All tempos count quarter notes. */

export const ROLES = ['lead', 'harmony', 'bass', 'drums'] as const;
export type Role = (typeof ROLES)[number];

/** What a user may set a track's role to; "none" leaves the track out. */
export type RoleChoice = Role | 'none';

export interface KeyGuess {
  /** Always major or minor, such as "F# minor". */
  readonly name: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** A clear mode, such as "dorian", beside the major or minor name. */
  readonly mode?: string | null;
}

export interface TrackSummary {
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
  readonly key: KeyGuess | null;
  readonly tracks: readonly TrackSummary[];
}

/** The contract's File; named so as not to hide the browser's own. */
export interface PieceFile {
  readonly file_id: string;
  readonly name: string;
  readonly kind: 'midi' | 'audio' | 'result';
  readonly summary: Summary;
  readonly notices: readonly Notice[];
  /** Of a result: parents, seed, weights, model digests. */
  readonly provenance?: Readonly<Record<string, unknown>>;
}

/** [onset_s, duration_s, MIDI pitch, velocity] */
export type RollNote = readonly [number, number, number, number];

export interface RollTrack {
  readonly track: number;
  readonly name: string;
  readonly role: Role | null;
  readonly program: number;
  readonly is_drum: boolean;
  readonly notes: readonly RollNote[];
}

export interface Notes {
  readonly duration_s: number;
  readonly tempo_bpm: number;
  /** Where each bar begins. */
  readonly bars_s: readonly number[];
  readonly tracks: readonly RollTrack[];
}

export interface TitledFile {
  readonly file_id: string;
  readonly title: string;
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
  readonly method: Method;
  readonly state: JobState;
  /** 0 to 1. */
  readonly progress: number;
  readonly stage: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  /** The first is the answer. */
  readonly results: readonly TitledFile[];
  readonly parents: readonly TitledFile[];
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

export type DownloadFormat = 'mid' | 'wav' | 'flac' | 'ogg' | 'mp3';

export function isOver(job: Job): boolean {
  return job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled';
}
