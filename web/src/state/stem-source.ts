/** Audio of one role of a piece, fetched block by block, so that memory never holds a whole piece. */
import { playUrl, readProblem } from '../api/client';
import type { Role } from '../api/types';
import { byteRange, duration_s, decodePcm, parseWavHeader, type WavFormat } from '../music/wav';

const HEADER_BYTES = 256;

export class StemSource {
  private format: Promise<WavFormat> | null = null;
  private readonly url: string;

  constructor(
    fileId: string,
    private readonly role: Role,
  ) {
    this.url = playUrl(fileId, [role]);
  }

  async length_s(): Promise<number> {
    return duration_s(await this.header());
  }

  /** Fetches and decodes a time range; returns null beyond the end. */
  async readBlock(context: BaseAudioContext, from_s: number, length_s: number, signal: AbortSignal) {
    const format = await this.header();
    const range = byteRange(format, from_s, length_s);
    if (range === null) return null;
    const channels = decodePcm(await this.fetchBytes(range, signal), format.channels);
    const buffer = context.createBuffer(format.channels, channels[0]?.length ?? 1, format.sampleRate_hz);
    channels.forEach((samples, channel) => buffer.copyToChannel(samples, channel));
    return buffer;
  }

  private header(): Promise<WavFormat> {
    this.format ??= this.fetchBytes([0, HEADER_BYTES - 1]).then((fetchBytes) => {
      const format = parseWavHeader(fetchBytes);
      if (format === null) throw new RangeError(`No audio was received for ${this.role}.`);
      return format;
    });
    this.format.catch(() => (this.format = null)); // the next call retries
    return this.format;
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
