/**
 * Hears a piece's roles one by one, each as loud as its fader says.
 *
 * The page's one player stays the clock: it goes on, silenced, while the roles' sound is scheduled beside it through
 * Web Audio, all roles of a block at the same sample. A piece whose faders are all up is played by the player alone.
 */
import type { Role } from '../api/contract';
import { problemMessage, toProblem } from '../api/problem';
import { NEUTRAL_MIX, roleGain, audibleRoles, isNeutral, withLevel, type Level, type Mix } from '../music/mix';
import { player } from './player';
import { StemSource } from './stem-source';

const BLOCK_S = 4;
/** How far ahead of what is heard sound is fetched. */
const LOOKAHEAD_S = 6;
/** Beyond this the stems have lost the player, and begin anew. */
const MAX_DRIFT_S = 0.12;
const FADE_S = 0.02;
const SAMPLE_RATE_HZ = 44100;

interface Mixer {
  readonly roles: readonly Role[];
  readonly sources: ReadonlyMap<Role, StemSource>;
  mix: Mix;
}

/** Dispatches `change` when a fader moves or trouble comes. */
export class StemPlayer extends EventTarget {
  /** Why the roles are not heard; empty when all is well. */
  errorMessage = '';
  private readonly mixers = new Map<string, Mixer>();
  private context: AudioContext | null = null;
  private gains = new Map<Role, GainNode>();
  private abort: AbortController | null = null;
  private activeRoles = '';
  /** The context's time at which the piece would have begun. */
  private pieceStart_s = 0;

  constructor() {
    super();
    const { audio } = player;
    for (const name of ['playing', 'seeked']) audio.addEventListener(name, () => this.start());
    for (const name of ['pause', 'seeking', 'waiting', 'ended', 'emptied'])
      audio.addEventListener(name, () => this.stop());
    audio.addEventListener('timeupdate', () => this.correctDrift());
    player.addEventListener('change', () => this.onPieceChange());
  }

  mix(fileId: string): Mix {
    return this.mixers.get(fileId)?.mix ?? NEUTRAL_MIX;
  }

  isNeutral(fileId: string): boolean {
    const mixer = this.mixers.get(fileId);
    return mixer === undefined || isNeutral(mixer.mix, mixer.roles);
  }

  /** Moves a fader; in answer to a press, so that the browser lets sound begin. */
  setLevel(fileId: string, roles: readonly Role[], role: Role, changes: Partial<Level>): void {
    const mixer = this.mixers.get(fileId) ?? createMixer(fileId, roles);
    this.mixers.set(fileId, mixer);
    mixer.mix = withLevel(mixer.mix, role, changes);
    this.mixChanged(fileId);
  }

  reset(fileId: string): void {
    const mixer = this.mixers.get(fileId);
    if (mixer === undefined) return;
    mixer.mix = NEUTRAL_MIX;
    this.mixChanged(fileId);
  }

  private mixChanged(fileId: string): void {
    this.errorMessage = '';
    this.context ??= new AudioContext({ sampleRate: SAMPLE_RATE_HZ });
    void this.context.resume();
    if (player.isCurrent(fileId)) this.applyMix();
    this.dispatchEvent(new Event('change'));
  }

  /** The desk of what is played, where a fader of it is down. */
  private get mixer(): Mixer | null {
    const mixer = player.piece === null ? undefined : this.mixers.get(player.piece.fileId);
    return mixer === undefined || isNeutral(mixer.mix, mixer.roles) ? null : mixer;
  }

  /** Lets what is heard follow the faders: gains at once; other roles than before begin anew. */
  private applyMix(): void {
    const { mixer: mixer } = this;
    if (mixer === null) {
      this.stop();
      player.audio.muted = false;
    } else if (this.activeRoles === audibleRoles(mixer.mix, mixer.roles).join()) {
      for (const [role, gain] of this.gains)
        gain.gain.setTargetAtTime(roleGain(mixer.mix, role), gain.context.currentTime, FADE_S);
    } else if (player.isPlaying) this.start();
  }

  private onPieceChange(): void {
    if (this.mixer === null) {
      this.stop();
      player.audio.muted = false;
    }
  }

  private start(): void {
    const { mixer: mixer, context } = this;
    if (mixer === null || context === null || !player.isPlaying || player.audio.seeking) return;
    this.stop();
    void context.resume();
    const abort = new AbortController();
    this.abort = abort;
    const roles = audibleRoles(mixer.mix, mixer.roles);
    this.activeRoles = roles.join();
    this.gains = new Map(roles.map((role) => [role, createGainNode(context, roleGain(mixer.mix, role))]));
    this.play(mixer, roles, context, abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) this.reportFailure(problemMessage(toProblem(error)));
    });
  }

  private async play(mixer: Mixer, roles: readonly Role[], context: AudioContext, signal: AbortSignal): Promise<void> {
    const { audio } = player;
    for (let at_s = audio.currentTime, isFirst = true; !signal.aborted; at_s += BLOCK_S, isFirst = false) {
      const blocks = await Promise.all(
        roles.map((role) => sourceOf(mixer, role).readBlock(context, at_s, BLOCK_S, signal)),
      );
      signal.throwIfAborted();
      if (isFirst) this.pieceStart_s = context.currentTime - audio.currentTime;
      audio.muted = true;
      blocks.forEach((block, index) => {
        const gain = this.gains.get(roles[index] ?? 'lead');
        if (block !== null && gain !== undefined) schedule(block, gain, this.pieceStart_s + at_s, signal);
      });
      if (roles.length > 0 && blocks.every((block) => block === null)) return;
      await waitUntil(context, this.pieceStart_s + at_s + BLOCK_S - LOOKAHEAD_S, signal);
    }
  }

  /** Two clocks never go quite alike; where the player has stood still, the stems come back to it. */
  private correctDrift(): void {
    if (this.abort === null || this.context === null || !player.audio.muted || this.activeRoles === '') return;
    const drift_s = this.context.currentTime - this.pieceStart_s - player.audio.currentTime;
    if (Math.abs(drift_s) > MAX_DRIFT_S && player.isPlaying) this.start();
  }

  private stop(): void {
    this.abort?.abort();
    this.abort = null;
    this.activeRoles = '';
    for (const gain of this.gains.values()) gain.disconnect();
    this.gains.clear();
  }

  private reportFailure(errorMessage: string): void {
    this.stop();
    player.audio.muted = false;
    this.errorMessage = `The roles cannot be heard by themselves just now. ${errorMessage}`;
    this.dispatchEvent(new Event('change'));
  }
}

function createMixer(fileId: string, roles: readonly Role[]): Mixer {
  return { roles, sources: new Map(roles.map((role) => [role, new StemSource(fileId, role)])), mix: NEUTRAL_MIX };
}

function sourceOf(mixer: Mixer, role: Role): StemSource {
  const source = mixer.sources.get(role);
  if (source === undefined) throw new RangeError(`the piece has no ${role}`);
  return source;
}

function createGainNode(context: AudioContext, gain: number): GainNode {
  const node = context.createGain();
  node.gain.value = gain;
  node.connect(context.destination);
  return node;
}

/** Lets a block sound at a time of the context, or what is left of it where that time has passed. */
function schedule(block: AudioBuffer, gain: GainNode, at_s: number, signal: AbortSignal): void {
  const node = gain.context.createBufferSource();
  node.buffer = block;
  node.connect(gain);
  const offset_s = Math.max(0, gain.context.currentTime - at_s);
  if (offset_s >= block.duration) return;
  node.start(at_s + offset_s, offset_s);
  signal.addEventListener('abort', () => node.stop(), { once: true });
}

/** Waits until a context's clock has got somewhere, or nobody listens any more. */
async function waitUntil(context: AudioContext, at_s: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && context.currentTime < at_s) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(500, (at_s - context.currentTime) * 1000)));
  }
}

export const stemPlayer = new StemPlayer();
