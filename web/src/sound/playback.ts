/** One uninterrupted run of sound: from a position on, at one tempo, with one loop, from one set of sources. */
import { SAMPLE_RATE_HZ } from './sources/ogg';
import { silence, type Frames, type SoundSource } from './sources/sound-source';
import { Stretcher } from './stretcher';
import { advance, positionAt, readPlan, type Loop, type Segment } from './timeline';

/** Frames computed at a time: few at first, so that the first sound comes early. */
const FIRST_BLOCK_FRAMES = 9_600;
const BLOCK_FRAMES = 24_000;
/** How far ahead of what sounds blocks are scheduled. A hidden page's timers run once a second. */
const LOOKAHEAD_S = 2.5;
/** The least time to schedule a block before it sounds. */
const LEAD_S = 0.03;
/** Of the fade at both ends of a run; two runs that meet cross over it. */
const FADE_S = 0.008;
/** Sound before the position that the stretcher needs to begin well, in output frames. */
const WARM_UP_FRAMES = 9_600;

export interface Track {
  readonly source: SoundSource;
  readonly gain: number;
}

export interface RunSettings {
  readonly tracks: readonly Track[];
  /** Position in frames. */
  readonly from: number;
  readonly loop: Loop | null;
  /** Tempo as a factor. */
  readonly rate: number;
}

interface Block {
  readonly frames: readonly Frames[];
  readonly position: number;
  /** Frames of the piece. */
  readonly nRead: number;
  /** Frames of output. */
  readonly length: number;
}

/** Dispatches `segment` (detail: `Segment`) for what is scheduled, `wait` and `resume` around gaps, `end`, `error`. */
export class Playback extends EventTarget {
  isWaiting = false;
  error: unknown = null;
  private readonly bus: GainNode;
  private readonly gains: readonly GainNode[];
  private readonly nodes = new Set<AudioBufferSourceNode>();
  private readonly abort = new AbortController();
  private readonly segments: Segment[] = [];
  private stretcher: Stretcher | null = null;
  private position: number;
  private nRead = 0;
  private nOutput = 0;
  private firstBlock: Block | null = null;
  /** Time of the audio context at which the next block begins. */
  private next_s = 0;

  constructor(
    private readonly context: AudioContext,
    destination: AudioNode,
    private readonly settings: RunSettings,
  ) {
    super();
    this.position = settings.from;
    this.bus = context.createGain();
    this.bus.gain.value = 0;
    this.bus.connect(destination);
    this.gains = settings.tracks.map(({ gain }) => {
      const node = context.createGain();
      node.gain.value = gain;
      node.connect(this.bus);
      return node;
    });
  }

  /** Computes the first block, so that `begin` can start at once. Waits for the network. */
  async prepare(): Promise<void> {
    if (this.settings.rate !== 1) await this.openStretcher();
    this.firstBlock = await this.compute(FIRST_BLOCK_FRAMES);
  }

  /** Starts at a time of the audio context. */
  begin(at_s: number): void {
    this.next_s = Math.ceil(at_s * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ;
    this.bus.gain.setValueAtTime(0, this.next_s);
    this.bus.gain.linearRampToValueAtTime(1, this.next_s + FADE_S);
    if (this.firstBlock !== null) this.schedule(this.firstBlock);
    void this.run().catch((error: unknown) => {
      if (this.abort.signal.aborted) return;
      this.error = error;
      this.dispatchEvent(new Event('error'));
    });
  }

  /** Ends at a time of the audio context. */
  end(at_s: number): void {
    this.abort.abort();
    this.stretcher?.close();
    const from_s = Math.max(at_s, this.context.currentTime);
    this.bus.gain.cancelScheduledValues(from_s);
    this.bus.gain.setValueAtTime(1, from_s);
    this.bus.gain.linearRampToValueAtTime(0, from_s + FADE_S);
    for (const node of this.nodes) node.stop(from_s + FADE_S);
    setTimeout(() => this.bus.disconnect(), (from_s - this.context.currentTime + 0.5) * 1000);
  }

  /** Sets the gains of the tracks, in their order. */
  setGains(gains: readonly number[]): void {
    this.gains.forEach((node, index) => node.gain.setTargetAtTime(gains[index] ?? 0, this.context.currentTime, 0.01));
  }

  /** The position in frames at a time of the audio context; the first one before it begins. */
  positionAt(time_s: number): number {
    return positionAt(this.segments, time_s) ?? this.settings.from;
  }

  /** The time of the audio context at which a position sounds next; null where that is not scheduled yet. */
  timeOf(frame: number, after_s: number): number | null {
    for (const { at_s, length_s, first, count } of this.segments) {
      const time_s = at_s + ((frame - first) / count) * length_s;
      if (frame >= first && frame < first + count && time_s >= after_s) return time_s;
    }
    return null;
  }

  private async openStretcher(): Promise<void> {
    const { tracks, rate, from } = this.settings;
    const stretcher = new Stretcher(2 * tracks.length, rate);
    this.stretcher = stretcher;
    this.abort.signal.addEventListener('abort', () => stretcher.close(), { once: true });
    const latency = await stretcher.opened;
    // The stretcher hears what comes before the position first, then runs ahead by its own latency.
    const nWarm = Math.min(Math.round(WARM_UP_FRAMES * rate), from);
    const nAhead = Math.round((latency + WARM_UP_FRAMES) * rate);
    const leading = Array.from({ length: 2 * tracks.length }, () => new Float32Array(nAhead));
    const sounding = await this.readTracks(from - nWarm, nAhead - Math.round(WARM_UP_FRAMES * rate) + nWarm);
    const offset = Math.round(WARM_UP_FRAMES * rate) - nWarm;
    sounding.flat().forEach((samples, channel) => leading[channel]?.set(samples, offset));
    await stretcher.process(leading, latency + WARM_UP_FRAMES);
    this.ahead = nAhead - Math.round(WARM_UP_FRAMES * rate);
  }

  /** Frames of the piece that the stretcher has read beyond what it has put out. */
  private ahead = 0;

  private async run(): Promise<void> {
    const { signal } = this.abort;
    while (!this.isAtEnd) {
      const block = await this.computeInTime();
      signal.throwIfAborted();
      this.schedule(block);
      await this.waitUntil(this.next_s - LOOKAHEAD_S);
      signal.throwIfAborted();
    }
    await this.waitUntil(this.next_s);
    if (!signal.aborted) this.dispatchEvent(new Event('end'));
  }

  private get isAtEnd(): boolean {
    const { loop, tracks } = this.settings;
    const ends = tracks.map(({ source }) => source.nFrames);
    return loop === null && ends.every((end) => end !== null && this.position >= end);
  }

  /** Computes the next block; where it comes too late, reports the gap. */
  private async computeInTime(): Promise<Block> {
    const timer = setTimeout(
      () => {
        this.isWaiting = true;
        this.dispatchEvent(new Event('wait'));
      },
      Math.max(0, this.next_s - this.context.currentTime) * 1000,
    );
    try {
      return await this.compute(BLOCK_FRAMES);
    } finally {
      clearTimeout(timer);
      if (this.isWaiting) {
        this.isWaiting = false;
        this.dispatchEvent(new Event('resume'));
      }
    }
  }

  private async compute(length: number): Promise<Block> {
    const { rate, loop } = this.settings;
    const { position } = this;
    const nRead = Math.round((this.nOutput + length) * rate) - this.nRead;
    let frames: readonly Frames[];
    if (this.stretcher === null) {
      frames = await this.readTracks(position, nRead);
    } else {
      const ahead = await this.readTracks(advance(position, this.ahead, loop), nRead);
      const output = await this.stretcher.process(ahead.flat(), length);
      frames = ahead.map((_, track) => [output[2 * track], output[2 * track + 1]] as unknown as Frames);
    }
    this.nOutput += length;
    this.nRead += nRead;
    this.position = advance(position, nRead, loop);
    return { frames, position, nRead, length };
  }

  private readTracks(first: number, count: number): Promise<readonly Frames[]> {
    return Promise.all(this.settings.tracks.map(({ source }) => this.readSource(source, first, count)));
  }

  private async readSource(source: SoundSource, first: number, count: number): Promise<Frames> {
    const plan = readPlan(first, count, this.settings.loop);
    const parts = await Promise.all(plan.map((one) => source.read(one.first, one.count, this.abort.signal)));
    if (parts.length === 1 && parts[0] !== undefined) return parts[0];
    const frames = silence(count);
    let offset = 0;
    for (const part of parts) {
      frames.forEach((samples, channel) => samples.set(part[channel] ?? samples.subarray(0, 0), offset));
      offset += part[0].length;
    }
    return frames;
  }

  private schedule(block: Block): void {
    const earliest_s = this.context.currentTime + LEAD_S;
    if (this.next_s < earliest_s) this.next_s = Math.ceil(earliest_s * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ;
    block.frames.forEach((frames, track) => this.scheduleTrack(frames, this.gains[track] ?? this.bus));
    this.recordSegments(block);
    this.next_s += block.length / SAMPLE_RATE_HZ;
  }

  private scheduleTrack(frames: Frames, destination: AudioNode): void {
    const buffer = this.context.createBuffer(2, frames[0].length, SAMPLE_RATE_HZ);
    frames.forEach((samples, channel) => buffer.copyToChannel(samples, channel));
    const node = this.context.createBufferSource();
    node.buffer = buffer;
    node.connect(destination);
    node.start(this.next_s);
    this.nodes.add(node);
    node.addEventListener('ended', () => {
      this.nodes.delete(node);
      node.disconnect();
    });
  }

  private recordSegments(block: Block): void {
    let at_s = this.next_s;
    for (const { first, count } of readPlan(block.position, block.nRead, this.settings.loop)) {
      const length_s = ((count / block.nRead) * block.length) / SAMPLE_RATE_HZ;
      const segment: Segment = { at_s, length_s, first, count };
      this.segments.push(segment);
      this.dispatchEvent(new CustomEvent('segment', { detail: segment }));
      at_s += length_s;
    }
    while (this.segments.length > 32) this.segments.shift();
  }

  private async waitUntil(time_s: number): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted && this.context.currentTime < time_s) {
      const left_ms = (time_s - this.context.currentTime) * 1000;
      await new Promise((resolve) => setTimeout(resolve, Math.min(250, Math.max(10, left_ms))));
    }
  }
}
