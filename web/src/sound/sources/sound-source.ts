/** Sound of a piece or of one of its roles, read by frames. */

/** One array of samples for each channel: left and right. */
export type Frames = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];

export interface SoundSource {
  /** The length in frames; null while it is unknown. */
  readonly nFrames: number | null;
  /** Whether these frames can be read without waiting for the network. */
  has(first: number, count: number): boolean;
  /** Reads frames; waits for those that have not arrived. Frames beyond the end are silent. */
  read(first: number, count: number, signal: AbortSignal): Promise<Frames>;
  /** Stops what is loading. */
  close(): void;
}

/** The browser cannot decode this kind of sound. */
export class UndecodableError extends Error {}

/** The sound is sent as another kind of file: a recording as it was uploaded. */
export class OtherFormatError extends Error {}

export function silence(count: number): Frames {
  return [new Float32Array(count), new Float32Array(count)];
}
