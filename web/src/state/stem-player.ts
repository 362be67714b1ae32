/**
 * Plays the stems of a piece, each at the level of its fader.
 *
 * The page's player stays the clock: it keeps running, muted, while the stems are scheduled through Web Audio, all stems
 * of a block at the same sample. Where all faders are up, the player plays the piece by itself.
 */
import { problemMessage, toProblem } from '../api/problem';
import type { Role } from '../api/types';
import { NEUTRAL_MIX, audibleRoles, isNeutral, roleGain, withLevel, type Level, type Mix } from '../music/mix';
import { player } from './player';
import { StemSource } from './stem-source';

const BLOCK_S = 4;
/** How far ahead of the playback position audio is fetched. */
const LOOKAHEAD_S = 6;
/** Beyond this distance from the player's clock the stems are restarted. */
const MAX_DRIFT_S = 0.12;
const FADE_S = 0.02;
const SAMPLE_RATE_HZ = 44100;

interface Mixer {
  readonly roles: readonly Role[];
  readonly sources: ReadonlyMap<Role, StemSource>;
  mix: Mix;
}

/** Dispatches `change` when a fader moves or an error occurs. */
export class StemPlayer extends EventTarget {
  /** Why the stems cannot be played; empty where there is no error. */
  errorMessage = '';
  private readonly mixers = new Map<string, Mixer>();
  private context: AudioContext | null = null;
  private gains = new Map<Role, GainNode>();
  private abort: AbortController | null = null;
  private activeRoles = '';
  /** The time of the audio context at the start of the piece. */
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

  /** The roles of a piece that sound now; null where nothing was changed, so that all of them sound. */
  audible(fileId: string): ReadonlySet<Role> | null {
    const mixer = this.mixers.get(fileId);
    return mixer === undefined ? null : new Set(audibleRoles(mixer.mix, mixer.roles));
  }

  isNeutral(fileId: string): boolean {
    const mixer = this.mixers.get(fileId);
    return mixer === undefined || isNeutral(mixer.mix, mixer.roles);
  }

  /** Changes a role's level. Call it from a user gesture, without which browsers block Web Audio. */
  setLevel(fileId: string, roles: readonly Role[], role: Role, changes: Partial<Level>): void {
    const mixer = this.mixers.get(fileId) ?? createMixer(fileId, roles);
    this.mixers.set(fileId, mixer);
    mixer.mix = withLevel(mixer.mix, role, changes);
    this.onMixChange(fileId);
  }

  reset(fileId: string): void {
    const mixer = this.mixers.get(fileId);
    if (mixer === undefined) return;
    mixer.mix = NEUTRAL_MIX;
    this.onMixChange(fileId);
  }

  private onMixChange(fileId: string): void {
    this.errorMessage = '';
    this.context ??= new AudioContext({ sampleRate: SAMPLE_RATE_HZ });
    void this.context.resume();
    if (player.isCurrent(fileId)) this.applyMix();
    this.dispatchEvent(new Event('change'));
  }

  /** The mixer of the current piece; null where all its faders are up. */
  private get activeMixer(): Mixer | null {
    const mixer = player.piece === null ? undefined : this.mixers.get(player.piece.fileId);
    return mixer === undefined || isNeutral(mixer.mix, mixer.roles) ? null : mixer;
  }

  /** Applies the faders to what is playing: gains change at once; other roles than before need a restart. */
  private applyMix(): void {
    const mixer = this.activeMixer;
    if (mixer === null) {
      this.stop();
      player.audio.muted = false;
    } else if (this.activeRoles === audibleRoles(mixer.mix, mixer.roles).join()) {
      for (const [role, gain] of this.gains)
        gain.gain.setTargetAtTime(roleGain(mixer.mix, role), gain.context.currentTime, FADE_S);
    } else if (player.isPlaying) this.start();
  }

  private onPieceChange(): void {
    if (this.activeMixer === null) {
      this.stop();
      player.audio.muted = false;
    }
  }

  private start(): void {
    const { activeMixer: mixer, context } = this;
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

  /** Restarts the stems when their clock has drifted from the player's, e.g. after the player stalled. */
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
    this.errorMessage = `The mixer is not available at the moment. ${errorMessage}`;
    this.dispatchEvent(new Event('change'));
  }
}

function createMixer(fileId: string, roles: readonly Role[]): Mixer {
  return { roles, sources: new Map(roles.map((role) => [role, new StemSource(fileId, role)])), mix: NEUTRAL_MIX };
}

function sourceOf(mixer: Mixer, role: Role): StemSource {
  const source = mixer.sources.get(role);
  if (source === undefined) throw new RangeError(`The piece has no ${role} track.`);
  return source;
}

function createGainNode(context: AudioContext, gain: number): GainNode {
  const node = context.createGain();
  node.gain.value = gain;
  node.connect(context.destination);
  return node;
}

/** Schedules a block at a time of the audio context; where that has passed, only the rest of the block. */
function schedule(block: AudioBuffer, gain: GainNode, at_s: number, signal: AbortSignal): void {
  const node = gain.context.createBufferSource();
  node.buffer = block;
  node.connect(gain);
  const offset_s = Math.max(0, gain.context.currentTime - at_s);
  if (offset_s >= block.duration) return;
  node.start(at_s + offset_s, offset_s);
  signal.addEventListener('abort', () => node.stop(), { once: true });
}

/** Waits until the audio context reaches a time, or the signal aborts. */
async function waitUntil(context: AudioContext, at_s: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && context.currentTime < at_s) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(500, (at_s - context.currentTime) * 1000)));
  }
}

export const stemPlayer = new StemPlayer();
