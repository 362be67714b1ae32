/**
 * Hears a piece's roles one by one, each as loud as its fader says.
 *
 * The page's one player stays the clock: it goes on, silenced, while the roles' sound is scheduled beside it through
 * Web Audio, all roles of a block at the same sample. A piece whose faders are all up is played by the player alone.
 */
import type { Role } from '../api/contract';
import { messageOf, problemOf } from '../api/problem';
import { NEUTRAL, gainOf, heardRoles, isNeutral, withLevel, type Level, type Mix } from '../music/mix';
import { player } from './player';
import { StemSource } from './stem-source';

const BLOCK_S = 4;
/** How far ahead of what is heard sound is fetched. */
const AHEAD_S = 6;
/** Beyond this the stems have lost the player, and begin anew. */
const MAX_DRIFT_S = 0.12;
const FADE_S = 0.02;
const SAMPLE_RATE_HZ = 44100;

interface Desk {
  readonly roles: readonly Role[];
  readonly sources: ReadonlyMap<Role, StemSource>;
  mix: Mix;
}

/** Dispatches `change` when a fader moves or trouble comes. */
export class Stems extends EventTarget {
  /** Why the roles are not heard; empty when all is well. */
  trouble = '';
  private readonly desks = new Map<string, Desk>();
  private context: AudioContext | null = null;
  private gains = new Map<Role, GainNode>();
  private playing: AbortController | null = null;
  private heard = '';
  /** The context's time at which the piece would have begun. */
  private anchor_s = 0;

  constructor() {
    super();
    const { audio } = player;
    for (const name of ['playing', 'seeked']) audio.addEventListener(name, () => this.begin());
    for (const name of ['pause', 'seeking', 'waiting', 'ended', 'emptied'])
      audio.addEventListener(name, () => this.stop());
    audio.addEventListener('timeupdate', () => this.keepUp());
    player.addEventListener('change', () => this.followPiece());
  }

  mix(fileId: string): Mix {
    return this.desks.get(fileId)?.mix ?? NEUTRAL;
  }

  isNeutral(fileId: string): boolean {
    const desk = this.desks.get(fileId);
    return desk === undefined || isNeutral(desk.mix, desk.roles);
  }

  /** Moves a fader; in answer to a press, so that the browser lets sound begin. */
  set(fileId: string, roles: readonly Role[], role: Role, changes: Partial<Level>): void {
    const desk = this.desks.get(fileId) ?? deskOf(fileId, roles);
    this.desks.set(fileId, desk);
    desk.mix = withLevel(desk.mix, role, changes);
    this.apply(fileId);
  }

  reset(fileId: string): void {
    const desk = this.desks.get(fileId);
    if (desk === undefined) return;
    desk.mix = NEUTRAL;
    this.apply(fileId);
  }

  private apply(fileId: string): void {
    this.trouble = '';
    this.context ??= new AudioContext({ sampleRate: SAMPLE_RATE_HZ });
    void this.context.resume();
    if (player.has(fileId)) this.turn();
    this.dispatchEvent(new Event('change'));
  }

  /** The desk of what is played, where a fader of it is down. */
  private get desk(): Desk | null {
    const desk = player.piece === null ? undefined : this.desks.get(player.piece.fileId);
    return desk === undefined || isNeutral(desk.mix, desk.roles) ? null : desk;
  }

  /** Lets what is heard follow the faders: gains at once; other roles than before begin anew. */
  private turn(): void {
    const { desk } = this;
    if (desk === null) {
      this.stop();
      player.audio.muted = false;
    } else if (this.heard === heardRoles(desk.mix, desk.roles).join()) {
      for (const [role, gain] of this.gains)
        gain.gain.setTargetAtTime(gainOf(desk.mix, role), gain.context.currentTime, FADE_S);
    } else if (player.isPlaying) this.begin();
  }

  private followPiece(): void {
    if (this.desk === null) {
      this.stop();
      player.audio.muted = false;
    }
  }

  private begin(): void {
    const { desk, context } = this;
    if (desk === null || context === null || !player.isPlaying || player.audio.seeking) return;
    this.stop();
    void context.resume();
    const playing = new AbortController();
    this.playing = playing;
    const roles = heardRoles(desk.mix, desk.roles);
    this.heard = roles.join();
    this.gains = new Map(roles.map((role) => [role, gainNode(context, gainOf(desk.mix, role))]));
    this.play(desk, roles, context, playing.signal).catch((thrown: unknown) => {
      if (!playing.signal.aborted) this.fail(messageOf(problemOf(thrown)));
    });
  }

  private async play(desk: Desk, roles: readonly Role[], context: AudioContext, signal: AbortSignal): Promise<void> {
    const { audio } = player;
    for (let at_s = audio.currentTime, isFirst = true; !signal.aborted; at_s += BLOCK_S, isFirst = false) {
      const blocks = await Promise.all(roles.map((role) => sourceOf(desk, role).block(context, at_s, BLOCK_S, signal)));
      signal.throwIfAborted();
      if (isFirst) this.anchor_s = context.currentTime - audio.currentTime;
      audio.muted = true;
      blocks.forEach((block, index) => {
        const gain = this.gains.get(roles[index] ?? 'lead');
        if (block !== null && gain !== undefined) schedule(block, gain, this.anchor_s + at_s, signal);
      });
      if (roles.length > 0 && blocks.every((block) => block === null)) return;
      await until(context, this.anchor_s + at_s + BLOCK_S - AHEAD_S, signal);
    }
  }

  /** Two clocks never go quite alike; where the player has stood still, the stems come back to it. */
  private keepUp(): void {
    if (this.playing === null || this.context === null || !player.audio.muted || this.heard === '') return;
    const drift_s = this.context.currentTime - this.anchor_s - player.audio.currentTime;
    if (Math.abs(drift_s) > MAX_DRIFT_S && player.isPlaying) this.begin();
  }

  private stop(): void {
    this.playing?.abort();
    this.playing = null;
    this.heard = '';
    for (const gain of this.gains.values()) gain.disconnect();
    this.gains.clear();
  }

  private fail(trouble: string): void {
    this.stop();
    player.audio.muted = false;
    this.trouble = `The roles cannot be heard by themselves just now. ${trouble}`;
    this.dispatchEvent(new Event('change'));
  }
}

function deskOf(fileId: string, roles: readonly Role[]): Desk {
  return { roles, sources: new Map(roles.map((role) => [role, new StemSource(fileId, role)])), mix: NEUTRAL };
}

function sourceOf(desk: Desk, role: Role): StemSource {
  const source = desk.sources.get(role);
  if (source === undefined) throw new RangeError(`the piece has no ${role}`);
  return source;
}

function gainNode(context: AudioContext, gain: number): GainNode {
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
  const late_s = Math.max(0, gain.context.currentTime - at_s);
  if (late_s >= block.duration) return;
  node.start(at_s + late_s, late_s);
  signal.addEventListener('abort', () => node.stop(), { once: true });
}

/** Waits until a context's clock has got somewhere, or nobody listens any more. */
async function until(context: AudioContext, at_s: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && context.currentTime < at_s) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(500, (at_s - context.currentTime) * 1000)));
  }
}

export const stems = new Stems();
