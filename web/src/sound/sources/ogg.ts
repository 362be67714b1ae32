/**
 * Divides an Ogg Opus stream into its pages, and puts some of them together again as a file of their own.
 *
 * Browsers decode whole files only. A stream that still arrives, and is long, is decoded in parts: a part is a file with
 * the stream's two headers and consecutive pages of it, renumbered from zero.
 *
 * Sources: the Ogg format (RFC 3533), section 6; Ogg Opus (RFC 7845), sections 4 and 5.
 */

/** Opus always decodes to this rate. */
export const SAMPLE_RATE_HZ = 48_000;

const HEADER_BYTES = 27;
const CONTINUED = 0x01;
const LAST = 0x04;
const CAPTURE = 0x5367674f; // "OggS", little-endian
const PRE_SKIP_OFFSET = 10;

export interface AudioPage {
  readonly bytes: Uint8Array;
  /** Frames of the stream before and after this page, counted with the pre-skip. */
  readonly first: number;
  readonly end: number;
  /** Whether it begins in the middle of a packet, so that no part can begin with it. */
  readonly isContinued: boolean;
}

/** Collects pages from bytes as they arrive. */
export class OpusPages {
  readonly pages: AudioPage[] = [];
  /** Frames at the start that are not part of the sound. */
  preSkip = 0;
  private headers: Uint8Array[] = [];
  private pending = new Uint8Array();

  /** Appends bytes. Throws a `RangeError` where they are not Ogg. */
  push(bytes: Uint8Array): void {
    this.pending = concatenate([this.pending, bytes]);
    let offset = 0;
    for (let length = pageLength(this.pending, offset); length > 0; length = pageLength(this.pending, offset)) {
      this.addPage(this.pending.slice(offset, offset + length));
      offset += length;
    }
    this.pending = this.pending.slice(offset);
  }

  /** Frames that have arrived, without the pre-skip. */
  get nFrames(): number {
    return Math.max(0, (this.pages.at(-1)?.end ?? 0) - this.preSkip);
  }

  /** Builds a file of the pages from `first` to before `end`, whose frames are all part of the sound. */
  toFile(first: number, end: number): ArrayBuffer {
    const pages = this.pages.slice(first, end);
    const base = pages[0]?.first ?? 0;
    const head = this.headers[0]?.slice() ?? new Uint8Array();
    new DataView(head.buffer).setUint16(bodyOffset(head) + PRE_SKIP_OFFSET, 0, true);
    const parts = [
      head,
      ...this.headers.slice(1).map((page) => page.slice()),
      ...pages.map(({ bytes }) => bytes.slice()),
    ];
    parts.forEach((page, index) => {
      const audioPage = pages[index - this.headers.length];
      const isLast = index === parts.length - 1;
      renumber(page, index, audioPage === undefined ? 0 : audioPage.end - base, isLast);
    });
    return concatenate(parts).buffer;
  }

  private addPage(bytes: Uint8Array): void {
    if (this.headers.length < 2) {
      if (this.headers.length === 0) this.preSkip = view(bytes).getUint16(bodyOffset(bytes) + PRE_SKIP_OFFSET, true);
      this.headers.push(bytes);
      return;
    }
    const end = Number(view(bytes).getBigInt64(6, true));
    const first = this.pages.at(-1)?.end ?? 0;
    this.pages.push({ bytes, first, end: Math.max(first, end), isContinued: ((bytes[5] ?? 0) & CONTINUED) !== 0 });
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bodyOffset(page: Uint8Array): number {
  return HEADER_BYTES + (page[26] ?? 0);
}

/** Returns the length of the page at an offset; 0 while it is incomplete. */
function pageLength(bytes: Uint8Array, offset: number): number {
  if (bytes.length < offset + HEADER_BYTES) return 0;
  if (view(bytes).getUint32(offset, true) !== CAPTURE) throw new RangeError('not an Ogg page');
  const body = HEADER_BYTES + (bytes[offset + 26] ?? 0);
  if (bytes.length < offset + body) return 0;
  const lengths = bytes.subarray(offset + HEADER_BYTES, offset + body);
  const length = body + lengths.reduce((sum, one) => sum + one, 0);
  return bytes.length >= offset + length ? length : 0;
}

function renumber(page: Uint8Array, sequence: number, position: number, isLast: boolean): void {
  const data = view(page);
  page[5] = isLast ? (page[5] ?? 0) | LAST : (page[5] ?? 0) & ~LAST;
  data.setBigInt64(6, BigInt(position), true);
  data.setUint32(18, sequence, true);
  data.setUint32(22, 0, true);
  data.setUint32(22, checksum(page), true);
}

/** CRC-32 with the polynomial 0x04c11db7, bits not reflected, initial value 0. */
function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] ?? 0)) >>> 0;
  return crc;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
