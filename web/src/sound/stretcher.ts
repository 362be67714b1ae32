/** A stream of sound at another tempo, computed by a worker. */
import type { StretchRequest, StretchResponse } from './stretch-worker';
import { SAMPLE_RATE_HZ } from './sources/ogg';

type Samples = readonly Float32Array<ArrayBuffer>[];

let worker: Worker | null = null;
let streamCount = 0;

export class Stretcher {
  private readonly stream = (streamCount += 1);
  private readonly worker: Worker;
  private readonly replies = new Map<number, (output: Samples) => void>();
  private readonly stop = new AbortController();
  private calls = 0;
  private reportOpened: (latency: number) => void = () => undefined;
  private reportFailure: (error: Error) => void = () => undefined;
  /** Frames of output that pass before the first frame of input is heard. */
  readonly opened: Promise<number>;

  /** Opens a stream of `channels` at a tempo, as a factor: 0.5 plays at half of the speed. */
  constructor(
    private readonly channels: number,
    private readonly rate: number,
  ) {
    worker ??= new Worker(new URL('./stretch-worker.ts', import.meta.url), { type: 'module' });
    this.worker = worker;
    this.opened = new Promise((resolve, reject) => {
      this.reportOpened = resolve;
      this.reportFailure = reject;
    });
    const { signal } = this.stop;
    this.worker.addEventListener('message', this.onMessage as EventListener, { signal });
    this.worker.addEventListener('error', () => this.fail(), { signal });
    this.send({ kind: 'open', stream: this.stream, channels: this.channels, sampleRate_hz: SAMPLE_RATE_HZ });
  }

  process(input: Samples, outputLength: number): Promise<Samples> {
    const call = (this.calls += 1);
    return new Promise((resolve) => {
      this.replies.set(call, resolve);
      const request: StretchRequest = { kind: 'process', stream: this.stream, call, input, outputLength };
      this.worker.postMessage(request, { transfer: input.map(({ buffer }) => buffer) });
    });
  }

  close(): void {
    this.stop.abort();
    this.send({ kind: 'close', stream: this.stream });
  }

  private readonly onMessage = ({ data }: MessageEvent<StretchResponse>): void => {
    if (data.stream !== this.stream) return;
    if (data.kind === 'opened') {
      this.reportOpened(Math.round(data.inputLatency / this.rate) + data.outputLatency);
    } else {
      this.replies.get(data.call)?.(data.output);
      this.replies.delete(data.call);
    }
  };

  private fail(): void {
    worker = null;
    this.reportFailure(new Error('The tempo cannot be changed in this browser.'));
  }

  private send(request: StretchRequest): void {
    this.worker.postMessage(request);
  }
}
