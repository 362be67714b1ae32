/** Clicks of the metronome: short tones, higher on the first beat of a bar. */
import { SAMPLE_RATE_HZ } from './sources/ogg';

const LENGTH_S = 0.05;
const ACCENT_HZ = 1760;
const BEAT_HZ = 1175;
const LEVEL = 0.5;
/** The tone fades to a third in this time. */
const DECAY_S = 0.008;

export class Clicks {
  private readonly buffers = new Map<number, AudioBuffer>();
  private readonly nodes = new Map<AudioBufferSourceNode, number>();

  constructor(
    private readonly context: AudioContext,
    private readonly destination: AudioNode,
  ) {}

  /** Schedules a click at a time of the audio context. */
  add(at_s: number, isAccent: boolean): void {
    const node = this.context.createBufferSource();
    node.buffer = this.tone(isAccent ? ACCENT_HZ : BEAT_HZ);
    node.connect(this.destination);
    node.start(at_s);
    this.nodes.set(node, at_s);
    node.addEventListener('ended', () => this.nodes.delete(node));
  }

  /** Cancels all clicks from a time on. */
  clear(from_s: number): void {
    for (const [node, at_s] of this.nodes) {
      if (at_s < from_s) continue;
      node.stop();
      node.disconnect();
      this.nodes.delete(node);
    }
  }

  private tone(frequency_hz: number): AudioBuffer {
    const known = this.buffers.get(frequency_hz);
    if (known !== undefined) return known;
    const buffer = this.context.createBuffer(1, Math.round(LENGTH_S * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ);
    const samples = buffer.getChannelData(0);
    for (let frame = 0; frame < samples.length; frame += 1) {
      const time_s = frame / SAMPLE_RATE_HZ;
      samples[frame] = LEVEL * Math.exp(-time_s / DECAY_S) * Math.sin(2 * Math.PI * frequency_hz * time_s);
    }
    this.buffers.set(frequency_hz, buffer);
    return buffer;
  }
}
