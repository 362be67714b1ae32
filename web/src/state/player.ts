/** The page's only player. All sound of pieces comes from here. */
import { msg } from '@lit/localize';
import { connection } from '../api/connection';
import { ProblemError, problemMessage, toProblem } from '../api/problem';
import type { Role } from '../api/types';
import { matchingTime, nextBeat, type Timeline } from '../music/beats';
import { BlockedError, Engine, type TransitionOptions } from '../sound/engine';
import { SAMPLE_RATE_HZ } from '../sound/sources/ogg';
import type { RunSettings, Track } from '../sound/playback';
import { RecordingElement } from '../sound/recording-element';
import { OtherFormatError, UndecodableError } from '../sound/sources/sound-source';
import { SourcePool } from '../sound/sources/source-pool';
import type { Loop } from '../sound/timeline';
import { Metronome } from './playback/metronome';
import { loadDetails, loadedDetails } from './playback/piece-details';
import { playerSettings } from './playback/player-settings';
import { renderSettings } from './playback/render-settings';
import { stemPlayer } from './playback/stem-player';
import { notifyTabs, onTabMessage } from './tabs';

export interface PlayerPiece {
  readonly fileId: string;
  readonly title: string;
}

/** A part of a piece that is repeated. */
export interface TimeRange {
  readonly start_s: number;
  readonly end_s: number;
}

export const MIN_RATE = 0.5;
export const MAX_RATE = 2;
/** The shortest loop: below it there is nothing to hear. */
const MIN_LOOP_S = 0.1;
/** Minimum time before a beat to prepare a switch to another piece. */
const SWITCH_LEAD_S = 0.1;

/** Dispatches `change` when anything but the time changes; read the time from `time_s`. */
export class Player extends EventTarget {
  /** Plays recordings as they were uploaded, and tells the system that there is sound. */
  readonly element = new RecordingElement();
  piece: PlayerPiece | null = null;
  /** The pieces around the current one, for `previous` and `next`. */
  playlist: readonly PlayerPiece[] = [];
  /** Why the piece cannot be played; empty where there is no error. */
  errorMessage = '';
  private isCutOff = false;
  /** Tempo as a factor, `MIN_RATE` to `MAX_RATE`. */
  rate = 1;
  loop: TimeRange | null = null;
  private readonly engine = new Engine();
  private readonly pool = new SourcePool();
  private readonly metronome = new Metronome(this.engine);
  private paused_s = 0;
  private isRecording = false;
  private runningRoles = '';
  private hadArrived = false;

  constructor() {
    super();
    this.engine.setVolume(playerSettings.value.volume);
    for (const name of ['change', 'begin']) this.engine.addEventListener(name, () => this.notify());
    this.engine.addEventListener('end', () => this.onEnd());
    this.engine.addEventListener('error', () => this.onError(this.engine.error));
    this.pool.addEventListener('change', () => this.onProgress());
    this.element.addEventListener('change', () => this.notify());
    this.element.addEventListener('end', () => this.onEnd());
    this.element.addEventListener('error', () => this.onError(this.element.error));
    stemPlayer.addEventListener('change', () => this.applyMix());
    playerSettings.addEventListener('change', () => this.applySettings());
    renderSettings.addEventListener('change', () => this.reload());
    onTabMessage('playing', () => this.pause());
    document.addEventListener('visibilitychange', () => this.notify());
    connection.addEventListener('change', () => this.onConnection());
  }

  get isPlaying(): boolean {
    return this.piece !== null && (this.isRecording ? this.element.isPlaying : this.engine.isRunning);
  }

  /** Whether playback waits for sound to arrive. */
  get isWaiting(): boolean {
    return this.isPlaying && (this.isRecording ? this.element.isWaiting : this.engine.isWaiting);
  }

  /** What the player waits for, in words; empty where it does not wait. */
  get waitMessage(): string {
    if (!this.isWaiting) return '';
    return this.pool.isReconnecting ? msg('Connection lost. Trying again…') : msg('Buffering…');
  }

  /** The playback position in the piece. */
  get time_s(): number {
    if (this.isRecording) return this.element.time_s;
    const position = this.engine.position;
    return position === null ? this.paused_s : position / SAMPLE_RATE_HZ;
  }

  /** The length of the piece; 0 while it is unknown. */
  get duration_s(): number {
    if (this.piece === null) return 0;
    if (this.isRecording) return this.element.duration_s;
    const nFrames = this.pool.get(this.piece.fileId).nFrames;
    return nFrames === null ? (loadedDetails(this.piece.fileId)?.duration_s ?? 0) : nFrames / SAMPLE_RATE_HZ;
  }

  /** Whether all sound of the current piece has arrived. */
  get hasArrived(): boolean {
    return this.piece !== null && this.duration_s > 0 && this.pool.get(this.piece.fileId).has(0, this.lengthFrames);
  }

  isCurrent(fileId: string): boolean {
    return this.piece?.fileId === fileId;
  }

  /** Plays a piece, or goes on with it; with a time, from there. Call it from a click or a key where possible. */
  async play(piece: PlayerPiece, from_s?: number): Promise<void> {
    const isOther = !this.isCurrent(piece.fileId);
    if (isOther) this.openPiece(piece);
    this.errorMessage = '';
    const from = from_s ?? (isOther ? 0 : this.time_s);
    if (!isOther && this.isPlaying && from_s === undefined) return;
    await this.start(this.isAtEnd(from) ? 0 : from);
  }

  pause(): void {
    if (!this.isPlaying) return;
    this.paused_s = this.time_s;
    this.engine.stop();
    this.element.pause();
    this.notify();
    void this.engine.rest();
  }

  toggle(piece: PlayerPiece): void {
    if (this.isCurrent(piece.fileId) && this.isPlaying) this.pause();
    else void this.play(piece);
  }

  seek(time_s: number): void {
    const target_s = Math.max(0, this.duration_s > 0 ? Math.min(time_s, this.duration_s) : time_s);
    if (this.isRecording) this.element.seek(target_s);
    else if (this.isPlaying) void this.start(target_s, { isSeek: true });
    this.paused_s = target_s;
    this.notify();
  }

  close(): void {
    this.engine.stop();
    this.element.clear();
    this.pool.clear();
    this.piece = null;
    this.isRecording = false;
    this.paused_s = 0;
    this.errorMessage = '';
    this.loop = null;
    this.notify();
    void this.engine.rest();
  }

  /** Plays the piece before or after the current one in the playlist; does nothing at its ends. */
  skip(direction: -1 | 1): void {
    const neighbor = this.neighbor(direction);
    if (neighbor !== null) void this.play(neighbor, 0);
  }

  neighbor(direction: -1 | 1): PlayerPiece | null {
    const index = this.playlist.findIndex(({ fileId }) => this.isCurrent(fileId));
    return index < 0 ? null : (this.playlist[index + direction] ?? null);
  }

  setRate(rate: number): void {
    this.rate = Math.min(MAX_RATE, Math.max(MIN_RATE, Math.round(rate * 100) / 100));
    this.element.setRate(this.rate);
    this.continue();
    this.notify();
  }

  setLoop(range: TimeRange | null): void {
    this.loop = range !== null && range.end_s - range.start_s >= MIN_LOOP_S ? range : null;
    if (this.loop !== null && this.isPlaying && !isInside(this.time_s, this.loop)) this.seek(this.loop.start_s);
    else this.continue();
    this.notify();
  }

  /** Switches to another piece at the matching position, at the next beat; without playing, goes there silently. */
  async switchTo(piece: PlayerPiece, timelines?: readonly [Timeline, Timeline]): Promise<void> {
    const { piece: current } = this;
    if (current === null || current.fileId === piece.fileId) return;
    const [from, to] = timelines ?? (await Promise.all([loadDetails(current.fileId), loadDetails(piece.fileId)]));
    if (this.piece !== current) return;
    if (this.isRecording) {
      await this.play(piece, matchingTime(from, this.time_s, to));
      return;
    }
    const beat_s = this.isPlaying ? nextBeat(from, this.time_s, SWITCH_LEAD_S * this.rate) : this.time_s;
    const at_s = this.isPlaying ? this.engine.timeOf(Math.round(beat_s * SAMPLE_RATE_HZ)) : null;
    const wasPlaying = this.isPlaying;
    const target_s = matchingTime(from, beat_s, to);
    this.piece = piece;
    this.loop = null;
    this.paused_s = target_s;
    if (wasPlaying) await this.start(target_s, { isSeek: true, ...(at_s === null ? {} : { at_s }) });
    this.notify();
  }

  /** Loads a piece's sound, so that it starts at once. */
  preload(fileId: string): void {
    const source = this.pool.get(fileId);
    if ('load' in source) (source as { load(): void }).load();
  }

  /** Loads the sound anew, which is rendered with other settings from now on. */
  private reload(): void {
    const wasPlaying = this.isPlaying;
    this.pool.clear();
    if (wasPlaying) void this.start(this.time_s, { isSeek: true });
  }

  private openPiece(piece: PlayerPiece): void {
    this.piece = piece;
    this.loop = null;
    this.isRecording = false;
    this.element.clear();
    this.paused_s = 0;
    this.hadArrived = false;
  }

  private isAtEnd(time_s: number): boolean {
    return this.duration_s > 0 && time_s >= this.duration_s - 0.05;
  }

  /** Starts the current piece at a time. What sounds now goes on until then. */
  private async start(from_s: number, options: TransitionOptions & { readonly isSeek?: boolean } = {}): Promise<void> {
    const { piece } = this;
    if (piece === null) return;
    const isFirst = !this.isPlaying;
    this.paused_s = from_s;
    if (this.isRecording) {
      await this.element.play(piece.fileId, from_s);
      return;
    }
    if (isFirst) {
      notifyTabs({ type: 'playing', fileId: piece.fileId });
      this.element.holdSession();
    }
    const countIn_s = isFirst && !options.isSeek ? await this.metronome.countIn(piece.fileId, from_s, this.rate) : 0;
    if (this.piece !== piece) return;
    this.notify();
    await this.engine.replace((at_s) => this.settings(this.atStart(from_s, at_s, options.at_s)), {
      ...options,
      delay_s: countIn_s,
    });
    this.runningRoles = this.rolesKey();
  }

  /** Where a run that begins later than planned has to begin in the piece. */
  private atStart(from_s: number, at_s: number, planned_s: number | undefined): number {
    return planned_s === undefined ? from_s : from_s + Math.max(0, at_s - planned_s) * this.rate;
  }

  /** Goes on from the same position with other settings, without a gap. */
  private continue(): void {
    if (this.isRecording || !this.engine.isRunning) return;
    if (this.engine.isStarting) {
      void this.start(this.paused_s, { isSeek: true });
      return;
    }
    void this.engine.replace((at_s) => this.settings(this.engine.positionAt(at_s) / SAMPLE_RATE_HZ));
    this.runningRoles = this.rolesKey();
  }

  private settings(from_s: number): RunSettings {
    return {
      tracks: this.tracks(),
      from: Math.round(from_s * SAMPLE_RATE_HZ),
      loop: this.loopFrames(),
      rate: this.rate,
    };
  }

  private loopFrames(): Loop | null {
    if (this.loop === null) return null;
    const end_s = this.duration_s > 0 ? Math.min(this.loop.end_s, this.duration_s) : this.loop.end_s;
    return { start: Math.round(this.loop.start_s * SAMPLE_RATE_HZ), end: Math.round(end_s * SAMPLE_RATE_HZ) };
  }

  private tracks(): readonly Track[] {
    const fileId = this.piece?.fileId ?? '';
    const audible = this.audibleGains();
    if (audible === null) return [{ source: this.pool.get(fileId), gain: 1 }];
    // Silence needs a source too, so that the time passes.
    if (audible.length === 0) return [{ source: this.pool.get(fileId), gain: 0 }];
    return audible.map(([role, gain]) => ({ source: this.pool.get(fileId, [role]), gain }));
  }

  /** The roles that sound, which are loaded each by itself; null where the whole piece is. */
  private audibleGains(): readonly (readonly [Role, number])[] | null {
    const gains = stemPlayer.gains(this.piece?.fileId ?? '');
    return gains === null ? null : [...gains].filter(([, gain]) => gain > 0);
  }

  private rolesKey(): string {
    return (
      this.audibleGains()
        ?.map(([role]) => role)
        .join() ?? 'all'
    );
  }

  private applyMix(): void {
    if (this.piece === null || this.isRecording) return;
    if (this.rolesKey() !== this.runningRoles) this.continue();
    else this.engine.setGains((this.audibleGains() ?? [['lead', 1] as const]).map(([, gain]) => gain));
  }

  private applySettings(): void {
    const { volume } = playerSettings.value;
    this.engine.setVolume(volume);
    this.element.setVolume(volume);
    this.metronome.update(this.piece?.fileId ?? '');
    this.notify();
  }

  /** Reports when all of the piece has arrived; other progress only while the listener waits for it. */
  private onProgress(): void {
    if (this.hasArrived && !this.hadArrived) {
      this.hadArrived = true;
      this.notify();
    } else if (this.isWaiting) this.notify();
  }

  private get lengthFrames(): number {
    return Math.max(1, Math.floor(this.duration_s * SAMPLE_RATE_HZ));
  }

  private onEnd(): void {
    this.paused_s = this.duration_s;
    this.element.pause();
    this.notify();
    void this.engine.rest();
  }

  private onError(error: unknown): void {
    const { piece } = this;
    if (piece === null) return;
    if (error instanceof OtherFormatError) {
      this.isRecording = true;
      this.element.setRate(this.rate);
      void this.element.play(piece.fileId, this.paused_s);
    } else if (isRefused(error) && renderSettings.exempt(piece.fileId)) this.reload();
    else if (error instanceof UndecodableError) {
      this.pool.avoidOpus();
      void this.start(this.paused_s, { isSeek: true });
    } else {
      this.element.pause();
      this.errorMessage = explainError(error);
      this.isCutOff = error instanceof TypeError;
    }
    this.notify();
  }

  /** Goes on where the sound stopped, once the gateway answers again. */
  private onConnection(): void {
    if (!connection.isReachable || !this.isCutOff || this.errorMessage === '' || this.piece === null) return;
    this.isCutOff = false;
    void this.play(this.piece);
  }

  private notify(): void {
    this.metronome.follow(this.isPlaying ? (this.piece?.fileId ?? '') : '');
    this.dispatchEvent(new Event('change'));
  }
}

function isInside(time_s: number, { start_s, end_s }: TimeRange): boolean {
  return time_s >= start_s && time_s < end_s;
}

/** Whether the server refused the settings of the sound: a recording has none. */
function isRefused(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 422;
}

function explainError(error: unknown): string {
  if (error instanceof BlockedError) return msg('The browser starts sound only after a click. Press play.');
  if (error instanceof TypeError)
    return navigator.onLine
      ? msg('The sound stopped: the server does not answer. Press play to try again.')
      : msg('The sound stopped: this device is offline. Press play once it is connected.');
  return problemMessage(toProblem(error));
}

export const player = new Player();
