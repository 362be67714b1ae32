/** The one player of the page: a single audio element, whatever there is to hear. */
import { playUrl, refusal } from '../api/client';
import { messageOf, problemOf } from '../api/problem';

export interface Piece {
  readonly fileId: string;
  readonly title: string;
}

/** Dispatches `change` when what is heard, its state or its length changes; time is read from `audio`. */
export class Player extends EventTarget {
  readonly audio = new Audio();
  piece: Piece | null = null;
  /** Why nothing is heard; empty when all is well. */
  trouble = '';

  constructor() {
    super();
    this.audio.preload = 'none';
    for (const name of ['play', 'pause', 'ended', 'waiting', 'playing', 'loadedmetadata', 'durationchange', 'seeked']) {
      this.audio.addEventListener(name, () => this.changed());
    }
    this.audio.addEventListener('error', () => void this.explain());
  }

  get isPlaying(): boolean {
    return this.piece !== null && !this.audio.paused && !this.audio.ended;
  }

  /** Sound was asked for and is not there yet. */
  get isWaiting(): boolean {
    return this.isPlaying && this.audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && this.trouble === '';
  }

  has(fileId: string): boolean {
    return this.piece?.fileId === fileId;
  }

  async play(piece: Piece, from_s?: number): Promise<void> {
    if (!this.has(piece.fileId) || this.trouble !== '') {
      this.trouble = '';
      this.piece = piece;
      this.audio.src = playUrl(piece.fileId);
    }
    if (from_s !== undefined) this.audio.currentTime = from_s;
    this.changed();
    // A rejection here is either an interruption by the next press, or reported by the error event.
    await this.audio.play().catch(() => this.changed());
  }

  toggle(piece: Piece): void {
    if (this.has(piece.fileId) && this.isPlaying) this.audio.pause();
    else void this.play(piece);
  }

  close(): void {
    this.audio.pause();
    this.audio.removeAttribute('src');
    this.audio.load();
    this.piece = null;
    this.trouble = '';
    this.changed();
  }

  private async explain(): Promise<void> {
    if (this.piece === null || !this.audio.hasAttribute('src')) return;
    this.trouble = 'This piece cannot be played just now.';
    try {
      const answer = await fetch(this.audio.src, { headers: { Range: 'bytes=0-0' } });
      if (!answer.ok) this.trouble = messageOf((await refusal(answer)).problem);
    } catch (thrown) {
      this.trouble = messageOf(problemOf(thrown));
    }
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}

export const player = new Player();
