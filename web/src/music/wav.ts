/** Reads WAV as `/play` sends it: 16-bit PCM in a RIFF container with "fmt " and "data" chunks, little-endian. */

export interface WavFormat {
  readonly channels: number;
  readonly sampleRate_hz: number;
  /** The offset of the first sample, in bytes. */
  readonly dataOffset: number;
  /** The length of the samples in bytes, according to the header. */
  readonly dataLength: number;
}

const WAV_PCM = 1;
const WAV_EXTENSIBLE = 0xfffe;

/** Parses the header; returns null while it is incomplete. */
export function parseWavHeader(bytes: Uint8Array): WavFormat | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: { channels: number; sampleRate_hz: number } | null = null;
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const id = String.fromCharCode(...bytes.subarray(offset, offset + 4));
    const length = view.getUint32(offset + 4, true);
    if (id === 'data') return format && { ...format, dataOffset: offset + 8, dataLength: length };
    if (id === 'fmt ' && offset + 24 <= bytes.length) format = parseFormatChunk(view, offset + 8);
    offset += 8 + length + (length % 2);
  }
  return null;
}

function parseFormatChunk(view: DataView, offset: number): { channels: number; sampleRate_hz: number } {
  const tag = view.getUint16(offset, true);
  const bits = view.getUint16(offset + 14, true);
  if ((tag !== WAV_PCM && tag !== WAV_EXTENSIBLE) || bits !== 16) throw new RangeError('not 16-bit PCM');
  return { channels: view.getUint16(offset + 2, true), sampleRate_hz: view.getUint32(offset + 4, true) };
}

export function duration_s(format: WavFormat): number {
  return format.dataLength / (2 * format.channels * format.sampleRate_hz);
}

/** Returns the first and last byte of a time range; null where it starts beyond the end. */
export function byteRange(format: WavFormat, from_s: number, length_s: number): readonly [number, number] | null {
  const frameBytes = 2 * format.channels;
  const frames = format.dataLength / frameBytes;
  const first = Math.round(from_s * format.sampleRate_hz);
  const last = Math.min(frames, Math.round((from_s + length_s) * format.sampleRate_hz));
  if (first >= last) return null;
  return [format.dataOffset + first * frameBytes, format.dataOffset + last * frameBytes - 1];
}

/** Decodes PCM bytes to the samples of each channel, -1 to 1. */
export function decodePcm(bytes: Uint8Array, channels: number): Float32Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames = Math.floor(bytes.length / (2 * channels));
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, frame) => view.getInt16(2 * (frame * channels + channel), true) / 32768),
  );
}
