import { describe, expect, it } from 'vitest';
import { byteRange, decodePcm, duration_s, parseWavHeader, type WavFormat } from '../../src/music/wav';

/** A stereo WAV of 16-bit samples with an extra chunk before the data, 4 frames a second. */
function wav(samples: readonly number[], bits = 16): Uint8Array {
  const bytes = new Uint8Array(56 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const write = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  write(0, 'RIFF');
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, 4, true);
  view.setUint16(34, bits, true);
  write(36, 'LIST');
  view.setUint32(40, 3, true);
  write(48, 'data');
  view.setUint32(52, samples.length * 2, true);
  samples.forEach((sample, index) => view.setInt16(56 + index * 2, sample, true));
  return bytes;
}

const SAMPLES = [0, 100, -16384, 5, 0, 0, 32767, -32768];
const FORMAT: WavFormat = { channels: 2, sampleRate_hz: 4, dataOffset: 56, dataLength: 16 };

describe('WAV', () => {
  it('is parsed from its header, past unknown chunks', () => {
    expect(parseWavHeader(wav(SAMPLES))).toEqual(FORMAT);
    expect(duration_s(FORMAT)).toBe(1);
  });

  it('is null for an incomplete header', () => {
    expect(parseWavHeader(wav(SAMPLES).subarray(0, 40))).toBeNull();
  });

  it('is refused unless it is 16-bit PCM', () => {
    expect(() => parseWavHeader(wav(SAMPLES, 24))).toThrow('not 16-bit PCM');
  });

  it('has byte ranges of time ranges', () => {
    expect(byteRange(FORMAT, 0, 0.5)).toEqual([56, 63]);
    expect(byteRange(FORMAT, 0.5, 10)).toEqual([64, 71]);
    expect(byteRange(FORMAT, 1, 4)).toBeNull();
  });

  it('is decoded to the samples of each channel', () => {
    const channels = decodePcm(wav(SAMPLES).subarray(56), 2);
    expect(channels.map((samples) => [...samples])).toEqual([
      [0, -0.5, 0, Math.fround(32767 / 32768)],
      [Math.fround(100 / 32768), Math.fround(5 / 32768), 0, -1],
    ]);
  });
});
