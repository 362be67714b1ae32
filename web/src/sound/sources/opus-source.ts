/** Compressed sound that is played while it arrives, and decoded in parts around what is played. */
import { readProblem } from '../../api/client';
import { fetchRecorded } from '../../api/connection';
import { ProblemError } from '../../api/problem';
import { OpusPages, SAMPLE_RATE_HZ } from './ogg';
import { OtherFormatError, UndecodableError, silence, type Frames, type SoundSource } from './sound-source';

/** Pages decoded at a time; a page is a second at most. */
const PAGES_PER_PART = 4;
/** A decoder needs 80 ms before the first frame that counts (RFC 7845, section 4.6): a page is more. */
const PREROLL_PAGES = 1;
const MAX_DECODED_PARTS = 8;
/** Waits before each attempt to connect again. */
const RETRY_DELAYS_MS = [300, 1000, 2000, 4000, 8000];

interface Part {
  readonly first: number;
  readonly end: number;
  readonly channels: readonly Float32Array[];
}

/** Dispatches `progress` when pages have arrived, when the connection is lost, and when it is back. */
export class OpusSource extends EventTarget implements SoundSource {
  nFrames: number | null = null;
  isComplete = false;
  /** Whether the connection is lost and another attempt will follow. */
  isReconnecting = false;
  private readonly pages = new OpusPages();
  private readonly parts = new Map<number, Part>();
  private abort: AbortController | null = null;
  private error: unknown = null;
  private etag = '';
  private nBytes = 0;

  constructor(private readonly url: string) {
    super();
  }

  has(first: number, count: number): boolean {
    return this.isComplete || first + count <= this.pages.nFrames;
  }

  async read(first: number, count: number, signal: AbortSignal): Promise<Frames> {
    await this.waitFor(first + count, signal);
    const frames = silence(count);
    let position = first;
    while (position < first + count && position < this.pages.nFrames) {
      const part = await this.decodeAt(position);
      const end = Math.min(part.end, first + count);
      frames.forEach((samples, channel) => {
        const decoded = part.channels[channel] ?? part.channels[0];
        if (decoded !== undefined)
          samples.set(decoded.subarray(position - part.first, end - part.first), position - first);
      });
      position = end;
    }
    return frames;
  }

  /** Loads the sound without playing it. */
  load(): void {
    if (this.abort !== null || this.isComplete) return;
    this.error = null;
    const abort = new AbortController();
    this.abort = abort;
    void this.download(abort.signal).catch((error: unknown) => {
      if (this.abort === abort) this.abort = null;
      if (abort.signal.aborted) return;
      this.error = error;
      this.notify();
    });
  }

  close(): void {
    this.abort?.abort();
    this.abort = null;
  }

  private async waitFor(end: number, signal: AbortSignal): Promise<void> {
    this.load();
    while (!this.isComplete && this.pages.nFrames < end) {
      signal.throwIfAborted();
      if (this.error !== null) throw this.error as Error;
      await nextEvent(this, signal);
    }
    signal.throwIfAborted();
  }

  private async download(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const before = this.nBytes;
      try {
        await this.receive(signal);
        this.isComplete = true;
        this.nFrames = this.pages.nFrames;
        this.notify();
        return;
      } catch (error) {
        if (this.nBytes > before) attempt = 0;
        const delay_ms = RETRY_DELAYS_MS[attempt];
        if (signal.aborted || delay_ms === undefined || !isTransient(error)) throw error;
        this.isReconnecting = true;
        this.notify();
        await delay(delay_ms, signal);
      }
    }
  }

  /** Receives the rest of the file. After an interruption the server is asked for what is missing only. */
  private async receive(signal: AbortSignal): Promise<void> {
    const resume: Record<string, string> =
      this.nBytes > 0 ? { Range: `bytes=${this.nBytes}-`, 'If-Range': this.etag } : {};
    const response = await fetchRecorded(this.url, { signal, headers: resume });
    if (response.status === 416 && this.nBytes > 0) return; // all had arrived
    if (!response.ok) throw await readProblem(response);
    if (response.headers.get('Content-Type')?.startsWith('audio/ogg') !== true) {
      await response.body?.cancel();
      throw new OtherFormatError();
    }
    this.checkSame(response);
    this.isReconnecting = false;
    const duration_s = Number(response.headers.get('X-Content-Duration') ?? NaN);
    if (Number.isFinite(duration_s)) this.nFrames = Math.round(duration_s * SAMPLE_RATE_HZ);
    let skip = response.status === 206 ? 0 : this.nBytes;
    const reader = response.body?.getReader();
    for (let result = await reader?.read(); result?.done === false; result = await reader?.read()) {
      const fresh = result.value.subarray(Math.min(skip, result.value.length));
      skip -= result.value.length - fresh.length;
      this.nBytes += fresh.length;
      this.pages.push(fresh);
      this.notify();
    }
    // A connection that breaks may look like an end.
    if (this.pages.nFrames < (this.nFrames ?? 0)) throw new TypeError('The sound is incomplete.');
  }

  /** The bytes of other sound, e.g. after a change of the SoundFont, do not continue these. */
  private checkSame(response: Response): void {
    const etag = response.headers.get('ETag') ?? '';
    if (this.nBytes > 0 && etag !== this.etag) throw new Error('The sound has changed. Play it again.');
    this.etag = etag;
  }

  private async decodeAt(frame: number): Promise<Part> {
    const { pages, preSkip } = this.pages;
    const page = pages.findIndex(({ end }) => frame < end - preSkip);
    const index = Math.floor(page / PAGES_PER_PART);
    const known = this.parts.get(index);
    if (known !== undefined && frame < known.end) {
      this.parts.delete(index); // the map keeps the order of use
      this.parts.set(index, known);
      return known;
    }
    const part = await this.decode(index * PAGES_PER_PART, Math.min(pages.length, (index + 1) * PAGES_PER_PART));
    this.parts.set(index, part);
    for (const oldest of this.parts.keys()) {
      if (this.parts.size <= MAX_DECODED_PARTS) break;
      this.parts.delete(oldest);
    }
    return part;
  }

  private async decode(firstPage: number, endPage: number): Promise<Part> {
    const { pages, preSkip } = this.pages;
    let start = Math.max(0, firstPage - PREROLL_PAGES);
    while (start > 0 && pages[start]?.isContinued === true) start -= 1;
    const base = pages[start]?.first ?? 0;
    const first = Math.max(preSkip, pages[firstPage]?.first ?? 0);
    const end = pages[endPage - 1]?.end ?? first;
    const buffer = await decodeFile(this.pages.toFile(start, endPage));
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, channel) =>
      buffer.getChannelData(channel).slice(first - base, end - base),
    );
    return { first: first - preSkip, end: end - preSkip, channels };
  }

  private notify(): void {
    this.dispatchEvent(new Event('progress'));
  }
}

async function decodeFile(file: ArrayBuffer): Promise<AudioBuffer> {
  const context = new OfflineAudioContext(2, 1, SAMPLE_RATE_HZ);
  try {
    return await context.decodeAudioData(file);
  } catch (error) {
    throw new UndecodableError('This browser does not decode Opus.', { cause: error });
  }
}

/** Whether the same request may succeed later: the server did not answer, or is busy or restarting. */
function isTransient(error: unknown): boolean {
  if (error instanceof ProblemError) return [429, 502, 503, 504].includes(error.problem.status);
  return error instanceof TypeError;
}

function nextEvent(source: EventTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = new AbortController();
    const finish = () => {
      stop.abort();
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    source.addEventListener('progress', finish, { signal: stop.signal });
    signal.addEventListener('abort', finish, { signal: stop.signal });
  });
}

function delay(duration_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, duration_ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
