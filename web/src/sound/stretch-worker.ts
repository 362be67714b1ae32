/**
 * Changes the tempo of sound and keeps its pitch, in a worker.
 *
 * The library's module brings its program with it for an audio worklet, which browsers offer to secure origins only. A
 * worker is available everywhere, so it stands in for the worklet's scope and calls the program itself.
 */

/** The library's program: one stream, samples in its memory. */
interface StretchProgram {
  readonly HEAP8?: Int8Array;
  readonly exports?: { readonly memory: WebAssembly.Memory };
  _main(): void;
  _presetDefault(channels: number, sampleRate_hz: number): void;
  _inputLatency(): number;
  _outputLatency(): number;
  _setBuffers(channels: number, length: number): number;
  _process(inputLength: number, outputLength: number): void;
}

interface StretchProcessor {
  readonly wasmReady: boolean;
  readonly wasmModule: StretchProgram | null;
}

export type StretchRequest =
  | { readonly kind: 'open'; readonly stream: number; readonly channels: number; readonly sampleRate_hz: number }
  | {
      readonly kind: 'process';
      readonly stream: number;
      readonly call: number;
      readonly input: readonly Float32Array<ArrayBuffer>[];
      readonly outputLength: number;
    }
  | { readonly kind: 'close'; readonly stream: number };

export type StretchResponse =
  | {
      readonly kind: 'opened';
      readonly stream: number;
      readonly inputLatency: number;
      readonly outputLatency: number;
    }
  | {
      readonly kind: 'processed';
      readonly stream: number;
      readonly call: number;
      readonly output: readonly Float32Array<ArrayBuffer>[];
    };

const MAX_FRAMES = 96_000;

class Stream {
  private readonly address: number;

  constructor(
    private readonly program: StretchProgram,
    private readonly channels: number,
    sampleRate_hz: number,
  ) {
    program._main();
    program._presetDefault(channels, sampleRate_hz);
    this.address = program._setBuffers(channels, MAX_FRAMES);
  }

  get latencies() {
    return { inputLatency: this.program._inputLatency(), outputLatency: this.program._outputLatency() };
  }

  process(input: readonly Float32Array[], outputLength: number): Float32Array<ArrayBuffer>[] {
    input.forEach((samples, channel) => this.samplesAt(channel, samples.length).set(samples));
    this.program._process(input[0]?.length ?? 0, outputLength);
    return input.map((_, channel) => this.samplesAt(this.channels + channel, outputLength).slice());
  }

  private samplesAt(slot: number, length: number): Float32Array<ArrayBuffer> {
    const { exports, HEAP8 } = this.program;
    const memory = (exports?.memory.buffer ?? HEAP8?.buffer) as ArrayBuffer;
    return new Float32Array(memory, this.address + slot * MAX_FRAMES * 4, length);
  }
}

let createProcessor: (() => StretchProcessor) | null = null;

async function loadProgram(): Promise<StretchProgram> {
  if (createProcessor === null) {
    Object.assign(globalThis, {
      AudioWorkletProcessor: class {
        readonly port = { postMessage: () => undefined, onmessage: null };
      },
      registerProcessor: (_: string, Processor: new (options: object) => StretchProcessor) => {
        createProcessor = () => new Processor({ numberOfOutputs: 1, outputChannelCount: [2] });
      },
      sampleRate: 48_000,
    });
    await import('signalsmith-stretch');
  }
  const processor = createProcessor?.();
  if (processor === undefined) throw new Error('The library did not register its processor.');
  while (processor.wasmModule === null || !processor.wasmReady) await new Promise((resolve) => setTimeout(resolve, 1));
  return processor.wasmModule;
}

const streams = new Map<number, Stream>();

async function handle(request: StretchRequest): Promise<void> {
  if (request.kind === 'open') {
    const stream = new Stream(await loadProgram(), request.channels, request.sampleRate_hz);
    streams.set(request.stream, stream);
    post({ kind: 'opened', stream: request.stream, ...stream.latencies });
  } else if (request.kind === 'close') {
    streams.delete(request.stream);
  } else {
    const output = streams.get(request.stream)?.process(request.input, request.outputLength) ?? [];
    post({ kind: 'processed', stream: request.stream, call: request.call, output });
  }
}

function post(response: StretchResponse): void {
  const transfer = response.kind === 'processed' ? response.output.map(({ buffer }) => buffer) : [];
  postMessage(response, { transfer });
}

addEventListener('message', (event: MessageEvent<StretchRequest>) => void handle(event.data));
