/** Uncompressed sound, fetched block by block, for browsers that do not decode Opus. */
import { readProblem } from '../../api/client';
import { byteRange, decodePcm, duration_s, parseWavHeader, type WavFormat } from '../../music/wav';
import { SAMPLE_RATE_HZ } from './ogg';
import { silence, type Frames, type SoundSource } from './sound-source';

const HEADER_BYTES = 256;

export class WavSource implements SoundSource {
  nFrames: number | null = null;
  private header: Promise<WavFormat> | null = null;

  constructor(private readonly url: string) {}

  has(): boolean {
    return this.nFrames !== null;
  }

  async read(first: number, count: number, signal: AbortSignal): Promise<Frames> {
    const format = await this.readHeader();
    signal.throwIfAborted();
    const range = byteRange(format, first / SAMPLE_RATE_HZ, count / SAMPLE_RATE_HZ);
    const frames = silence(count);
    if (range === null) return frames;
    const channels = decodePcm(await this.fetchBytes(range, signal), format.channels);
    frames.forEach((samples, channel) => samples.set((channels[channel] ?? channels[0] ?? samples).subarray(0, count)));
    return frames;
  }

  close(): void {
    this.header = null;
  }

  private readHeader(): Promise<WavFormat> {
    this.header ??= this.fetchBytes([0, HEADER_BYTES - 1]).then((bytes) => {
      const format = parseWavHeader(bytes);
      if (format === null) throw new RangeError('No sound was received.');
      this.nFrames = Math.round(duration_s(format) * SAMPLE_RATE_HZ);
      return format;
    });
    this.header.catch(() => (this.header = null)); // the next call retries
    return this.header;
  }

  private async fetchBytes([first, last]: readonly [number, number], signal?: AbortSignal): Promise<Uint8Array> {
    const response = await fetch(this.url, {
      headers: { Range: `bytes=${first}-${last}` },
      ...(signal ? { signal } : {}),
    });
    if (!response.ok) throw await readProblem(response);
    return new Uint8Array(await response.arrayBuffer());
  }
}
