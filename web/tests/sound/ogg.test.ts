import { describe, expect, it } from 'vitest';
import { OpusPages } from '../../src/sound/sources/ogg';

/** Builds a page with one packet; its checksum is left out, as nothing reads it. */
function page(body: readonly number[], position = 0, flags = 0): Uint8Array {
  const bytes = new Uint8Array(28 + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigInt64(6, BigInt(position), true);
  view.setUint32(14, 7, true);
  bytes.set([1, body.length, ...body], 26);
  return bytes;
}

const HEAD = page([...new TextEncoder().encode('OpusHead'), 1, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0], 0, 2);
const TAGS = page([...new TextEncoder().encode('OpusTags'), 0, 0, 0, 0, 0, 0, 0, 0]);
const AUDIO = [page([1], 48_000), page([2, 2], 96_000), page([3], 100_000, 4)];
const STREAM = Uint8Array.from([HEAD, TAGS, ...AUDIO].flatMap((bytes) => [...bytes]));

function parse(...chunks: readonly Uint8Array[]): OpusPages {
  const pages = new OpusPages();
  for (const chunk of chunks) pages.push(chunk);
  return pages;
}

describe('OpusPages', () => {
  it('finds the pages, however the bytes arrive', () => {
    const whole = parse(STREAM);
    const bytewise = parse(...[...STREAM].map((byte) => Uint8Array.of(byte)));
    expect(whole.pages.map(({ first, end }) => [first, end])).toEqual([
      [0, 48_000],
      [48_000, 96_000],
      [96_000, 100_000],
    ]);
    expect(bytewise.pages).toEqual(whole.pages);
    expect([whole.preSkip, whole.nFrames]).toEqual([312, 100_000 - 312]);
  });

  it('has no page before it is complete', () => {
    const cut = parse(STREAM.slice(0, -1));
    expect([cut.pages.length, cut.nFrames]).toEqual([2, 96_000 - 312]);
  });

  it('refuses what is not Ogg', () => {
    expect(() => parse(new Uint8Array(40).fill(65))).toThrow(/not an Ogg page/);
  });

  it('makes a file of some pages, counted from zero, that ends with its last page', () => {
    const file = new Uint8Array(parse(STREAM).toFile(1, 3));
    const part = parse(file);
    expect(part.preSkip).toBe(0);
    expect(part.pages.map(({ first, end }) => [first, end])).toEqual([
      [0, 48_000],
      [48_000, 52_000],
    ]);
    const flags = [...part.pages].map(({ bytes }) => bytes[5]);
    expect(flags).toEqual([0, 4]);
    const sequence = part.pages.map(({ bytes }) => new DataView(bytes.buffer).getUint32(18, true));
    expect(sequence).toEqual([2, 3]);
  });

  it('leaves the stream as it is', () => {
    const pages = parse(STREAM);
    const first = pages.toFile(0, 3);
    expect(new Uint8Array(pages.toFile(0, 3))).toEqual(new Uint8Array(first));
    expect(pages.pages[1]?.bytes).toEqual(AUDIO[1]);
  });

  it('writes the checksum of the Ogg format', () => {
    // The checksum of this page as the renderer's own implementation computes it.
    const bytes = parse(new Uint8Array(parse(STREAM).toFile(0, 1))).pages[0]?.bytes ?? new Uint8Array();
    expect(new DataView(bytes.buffer).getUint32(22, true)).toBe(1_933_498_284);
  });
});
