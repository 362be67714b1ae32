/** The page's only player: a single audio element, shared by all pieces. */
import { playUrl, readProblem } from '../api/client';
import { problemMessage, toProblem } from '../api/problem';

export interface PlayerPiece {
  readonly fileId: string;
  readonly title: string;
}

/** Dispatches `change` when the piece, the playback state or the duration changes; read the time from `audio`. */
export class Player extends EventTarget {
  readonly audio = new Audio();
  piece: PlayerPiece | null = null;
  /** Why the piece cannot be played; empty where there is no error. */
  errorMessage = '';

  constructor() {
    super();
    this.audio.preload = 'none';
    for (const name of ['play', 'pause', 'ended', 'waiting', 'playing', 'loadedmetadata', 'durationchange', 'seeked']) {
      this.audio.addEventListener(name, () => this.notify());
    }
    this.audio.addEventListener('error', () => void this.explainError());
  }

  get isPlaying(): boolean {
    return this.piece !== null && !this.audio.paused && !this.audio.ended;
  }

  /** Whether playback waits for audio data. */
  get isWaiting(): boolean {
    return this.isPlaying && this.audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && this.errorMessage === '';
  }

  /** The playback position in the piece. */
  get time_s(): number {
    return this.audio.currentTime;
  }

  /** The length of the piece; 0 while it is unknown. */
  get duration_s(): number {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : 0;
  }

  seek(time_s: number): void {
    this.audio.currentTime = Math.max(0, time_s);
  }

  isCurrent(fileId: string): boolean {
    return this.piece?.fileId === fileId;
  }

  async play(piece: PlayerPiece, from_s?: number): Promise<void> {
    if (!this.isCurrent(piece.fileId) || this.errorMessage !== '') {
      this.errorMessage = '';
      this.piece = piece;
      this.audio.src = playUrl(piece.fileId);
    }
    if (from_s !== undefined) this.audio.currentTime = from_s;
    this.notify();
    // A rejection is either an interruption by the next click, or reported by the error event.
    await this.audio.play().catch(() => this.notify());
  }

  toggle(piece: PlayerPiece): void {
    if (this.isCurrent(piece.fileId) && this.isPlaying) this.audio.pause();
    else void this.play(piece);
  }

  close(): void {
    this.audio.pause();
    this.audio.removeAttribute('src');
    this.audio.load();
    this.piece = null;
    this.errorMessage = '';
    this.notify();
  }

  private async explainError(): Promise<void> {
    if (this.piece === null || !this.audio.hasAttribute('src')) return;
    this.errorMessage = 'This piece cannot be played at the moment.';
    try {
      const response = await fetch(this.audio.src, { headers: { Range: 'bytes=0-0' } });
      if (!response.ok) this.errorMessage = problemMessage((await readProblem(response)).problem);
    } catch (error) {
      this.errorMessage = problemMessage(toProblem(error));
    }
    this.notify();
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

export const player = new Player();
