/** Plays one run of sound after another through Web Audio, without a gap where one replaces another. */
import { Clicks } from './clicks';
import { SAMPLE_RATE_HZ } from './sources/ogg';
import { Playback, type RunSettings } from './playback';
import type { Segment } from './timeline';

/** The least time from a change to its sound, at the piece's own tempo and at another. */
const LEAD_S = 0.06;
const STRETCH_LEAD_S = 0.25;
const MAX_ATTEMPTS = 4;
/** How long a browser may take to start sound before it counts as blocked. */
const RESUME_TIMEOUT_MS = 500;

/** Returns the settings of the next run, which begins at a time of the audio context. */
export type RunPlan = (at_s: number) => RunSettings;

export interface TransitionOptions {
  /** When the next run begins; as soon as possible by default. */
  readonly at_s?: number;
  /** A wait before the first sound, e.g. for a count-in. */
  readonly delay_s?: number;
}

/** The browser starts sound only after a click or a key. */
export class BlockedError extends Error {}

/** Dispatches `change` when it starts, stops or waits, `end` at the end of a piece, `error`, and `segment` (detail: `Segment`). */
export class Engine extends EventTarget {
  error: unknown = null;
  private context: AudioContext | null = null;
  private master: GainNode | null = null;
  private clicks: Clicks | null = null;
  private current: Playback | null = null;
  /** What sounds until the current run begins. */
  private previous: { readonly playback: Playback; readonly until_s: number } | null = null;
  private settings: RunSettings | null = null;
  private transition: AbortController | null = null;
  private volume = 1;

  get isRunning(): boolean {
    return this.current !== null || this.isStarting;
  }

  /** Whether a run is being prepared and nothing sounds. */
  get isStarting(): boolean {
    return this.current === null && this.transition !== null;
  }

  get isWaiting(): boolean {
    return this.isStarting || this.current?.isWaiting === true;
  }

  /** The time of the audio context. */
  get now_s(): number {
    return this.context?.currentTime ?? 0;
  }

  /** The position in frames of what is heard now; null where nothing sounds. */
  get position(): number | null {
    if (this.current === null || this.context === null) return null;
    return this.positionAt(this.context.currentTime - this.context.baseLatency);
  }

  /** The position in frames at a time of the audio context. */
  positionAt(time_s: number): number {
    const playback = this.previous !== null && time_s < this.previous.until_s ? this.previous.playback : this.current;
    return playback?.positionAt(time_s) ?? 0;
  }

  /** The time of the audio context at which a position sounds; null where it is not scheduled. */
  timeOf(frame: number): number | null {
    return this.current?.timeOf(frame, this.now_s) ?? null;
  }

  setVolume(volume: number): void {
    this.volume = volume;
    if (this.master !== null && this.context !== null)
      this.master.gain.setTargetAtTime(volume ** 2, this.context.currentTime, 0.01);
  }

  setGains(gains: readonly number[]): void {
    this.current?.setGains(gains);
  }

  addClick(at_s: number, isAccent: boolean): void {
    this.clicks?.add(Math.max(at_s, this.now_s), isAccent);
  }

  clearClicks(): void {
    this.clicks?.clear(0);
  }

  /**
   * Replaces what sounds by the run of a plan, as soon as its first sound is there. What sounds goes on until then.
   *
   * A later call takes the place of an earlier one that is not done.
   */
  async replace(plan: RunPlan, options: TransitionOptions = {}): Promise<void> {
    this.transition?.abort();
    const transition = new AbortController();
    this.transition = transition;
    this.error = null;
    this.notify();
    try {
      const context = await this.openContext();
      if (!transition.signal.aborted) await this.cross(context, plan, options, transition.signal);
    } catch (error) {
      if (transition.signal.aborted) return;
      this.transition = null;
      this.fail(error);
    }
  }

  /** Stops at once. */
  stop(): void {
    this.transition?.abort();
    this.transition = null;
    this.current?.end(this.now_s);
    this.current = null;
    this.previous = null;
    this.settings = null;
    this.clicks?.clear(0);
    this.notify();
  }

  /** Lets the device rest while nothing sounds. */
  async rest(): Promise<void> {
    if (!this.isRunning) await this.context?.suspend();
  }

  private async cross(
    context: AudioContext,
    plan: RunPlan,
    options: TransitionOptions,
    signal: AbortSignal,
  ): Promise<void> {
    let lead_s = 0;
    for (let attempt = 1; ; attempt += 1) {
      const wanted_s = attempt === 1 ? options.at_s : undefined;
      const started_s = context.currentTime;
      const rate = this.settings?.rate ?? 1;
      lead_s = Math.max(lead_s, rate === 1 ? LEAD_S : STRETCH_LEAD_S);
      const at_s = wanted_s ?? started_s + lead_s + (options.delay_s ?? 0);
      const settings = plan(at_s);
      const next = this.createPlayback(context, settings);
      await next.prepare();
      if (signal.aborted) {
        next.end(context.currentTime);
        return;
      }
      const took_s = context.currentTime - started_s;
      if (context.currentTime + 0.02 <= at_s || this.current === null || attempt === MAX_ATTEMPTS) {
        this.begin(next, settings, Math.max(at_s, context.currentTime + 0.03 + (options.delay_s ?? 0)));
        return;
      }
      next.end(context.currentTime);
      lead_s = Math.min(1, 2 * took_s);
    }
  }

  private begin(next: Playback, settings: RunSettings, at_s: number): void {
    this.current?.end(at_s);
    this.clicks?.clear(at_s);
    this.previous = this.current === null ? null : { playback: this.current, until_s: at_s };
    this.current = next;
    this.settings = settings;
    this.transition = null;
    next.begin(at_s);
    this.dispatchEvent(new CustomEvent('begin', { detail: at_s }));
    this.notify();
  }

  private createPlayback(context: AudioContext, settings: RunSettings): Playback {
    const playback = new Playback(context, this.master ?? context.destination, settings);
    const onlyCurrent = (action: () => void) => () => {
      if (this.current === playback) action();
    };
    for (const name of ['wait', 'resume'])
      playback.addEventListener(
        name,
        onlyCurrent(() => this.notify()),
      );
    playback.addEventListener(
      'end',
      onlyCurrent(() => {
        this.stop();
        this.dispatchEvent(new Event('end'));
      }),
    );
    playback.addEventListener(
      'error',
      onlyCurrent(() => {
        this.stop();
        this.fail(playback.error);
      }),
    );
    playback.addEventListener('segment', (event) => {
      if (this.current !== playback) return;
      const { detail } = event as CustomEvent<Segment>;
      this.dispatchEvent(new CustomEvent('segment', { detail }));
    });
    return playback;
  }

  private async openContext(): Promise<AudioContext> {
    if (this.context === null) {
      this.context = new AudioContext({ sampleRate: SAMPLE_RATE_HZ, latencyHint: 'interactive' });
      this.master = this.context.createGain();
      this.master.gain.value = this.volume ** 2;
      this.master.connect(this.context.destination);
      this.clicks = new Clicks(this.context, this.master);
      this.context.addEventListener('statechange', () => this.notify());
    }
    const { context } = this;
    if (context.state === 'running') return context;
    const timeout = new Promise((resolve) => setTimeout(resolve, RESUME_TIMEOUT_MS));
    await Promise.race([context.resume(), timeout]);
    if ((context.state as AudioContextState) !== 'running' && !hadGesture())
      throw new BlockedError('The browser starts sound only after a click.');
    return context;
  }

  private fail(error: unknown): void {
    this.error = error;
    this.dispatchEvent(new Event('error'));
    this.notify();
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

/** Whether the page was clicked or typed in; true where the browser does not tell. */
function hadGesture(): boolean {
  const { userActivation } = navigator as { userActivation?: UserActivation };
  return userActivation?.hasBeenActive ?? true;
}
