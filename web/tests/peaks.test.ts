import { describe, expect, it } from 'vitest';
import { PeakCollector, wavFormat } from '../src/music/peaks';

/** A stereo WAV of 16-bit samples with an extra chunk before the data. */
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

describe('PeakCollector', () => {
  it('finds the highest level of each part', () => {
    const collector = new PeakCollector(4);
    collector.push(wav(SAMPLES));
    expect([...collector.peaks]).toEqual([100 / 32768, 0.5, 0, 1].map(Math.fround));
    expect(collector.duration_s).toBe(1); // 8 samples, 2 channels, 4 Hz
  });

  it('finds the same when the file comes byte by byte', () => {
    const whole = new PeakCollector(4);
    whole.push(wav(SAMPLES));
    const parts = new PeakCollector(4);
    for (const byte of wav(SAMPLES)) parts.push(Uint8Array.of(byte));
    expect(parts.peaks).toEqual(whole.peaks);
  });

  it('refuses what is not 16-bit PCM', () => {
    expect(() => wavFormat(wav(SAMPLES, 24))).toThrow('not 16-bit PCM');
  });

  it('waits for the rest of a header', () => {
    expect(wavFormat(wav(SAMPLES).subarray(0, 40))).toBeNull();
  });
});
