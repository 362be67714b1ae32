/**
 * A waveform's peaks, computed from a WAV file while it arrives.
 *
 * Decoding a whole piece in the browser would hold tens of megabytes; this keeps a few thousand numbers. Read is
 * 16-bit PCM, the form that `/play` gives (RIFF WAVE: "fmt " and "data" chunks, little-endian).
 */

export interface WavFormat {
  readonly channels: number;
  readonly sampleRate_hz: number;
  /** Where the samples begin. */
  readonly dataOffset: number;
  /** Bytes of samples as the header states them. */
  readonly dataLength: number;
}

const WAV_PCM = 1;
const WAV_EXTENSIBLE = 0xfffe;

/** Reads the header; null while it is not all there yet. */
export function wavFormat(bytes: Uint8Array): WavFormat | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: { channels: number; sampleRate_hz: number } | null = null;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    if (id === 'data') return format && { ...format, dataOffset: at + 8, dataLength: length };
    if (id === 'fmt ' && at + 24 <= bytes.length) format = readFormat(view, at + 8);
    at += 8 + length + (length % 2);
  }
  return null;
}

function readFormat(view: DataView, at: number): { channels: number; sampleRate_hz: number } {
  const tag = view.getUint16(at, true);
  const bits = view.getUint16(at + 14, true);
  if ((tag !== WAV_PCM && tag !== WAV_EXTENSIBLE) || bits !== 16) throw new RangeError('not 16-bit PCM');
  return { channels: view.getUint16(at + 2, true), sampleRate_hz: view.getUint32(at + 4, true) };
}

/** Collects the highest absolute sample, 0 to 1, of each of `size` equal parts of the piece. */
export class PeakCollector {
  readonly peaks: Float32Array;
  private format: WavFormat | null = null;
  private held: Uint8Array = new Uint8Array(0);
  private samplesSeen = 0;

  constructor(size: number) {
    this.peaks = new Float32Array(size);
  }

  get duration_s(): number {
    if (this.format === null) return 0;
    return this.format.dataLength / (2 * this.format.channels * this.format.sampleRate_hz);
  }

  push(chunk: Uint8Array): void {
    let bytes = joined(this.held, chunk);
    if (this.format === null) {
      this.format = wavFormat(bytes);
      if (this.format === null) {
        this.held = bytes;
        return;
      }
      bytes = bytes.subarray(this.format.dataOffset);
    }
    const whole = bytes.length - (bytes.length % 2);
    this.measure(bytes.subarray(0, whole), this.format);
    this.held = bytes.slice(whole);
  }

  private measure(bytes: Uint8Array, format: WavFormat): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const total = format.dataLength / 2;
    for (let at = 0; at < bytes.length && this.samplesSeen < total; at += 2, this.samplesSeen += 1) {
      const bucket = Math.floor((this.samplesSeen / total) * this.peaks.length);
      const level = Math.abs(view.getInt16(at, true)) / 32768;
      if (level > (this.peaks[bucket] ?? 0)) this.peaks[bucket] = level;
    }
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
