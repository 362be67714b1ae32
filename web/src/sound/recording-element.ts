/**
 * The page's only audio element.
 *
 * It plays recordings as they were uploaded. While pieces sound through Web Audio it plays silence, without which
 * browsers show no media controls, and phones mute the page with their ringer.
 */
import { playUrl, readProblem } from '../api/client';

const SILENCE_S = 10;
const SILENCE_RATE_HZ = 8_000;

/** Dispatches `change`, and of a recording `end` and `error`. */
export class RecordingElement extends EventTarget {
  readonly audio = new Audio();
  error: unknown = null;
  private fileId = '';
  private rate = 1;
  private volume = 1;
  private silenceUrl = '';

  constructor() {
    super();
    this.audio.preload = 'none';
    for (const name of ['play', 'pause', 'waiting', 'playing', 'loadedmetadata', 'durationchange', 'seeked'])
      this.audio.addEventListener(name, () => this.dispatchIfRecording('change'));
    this.audio.addEventListener('ended', () => this.dispatchIfRecording('end'));
    this.audio.addEventListener('error', () => void this.explainError());
  }

  get isPlaying(): boolean {
    return this.fileId !== '' && !this.audio.paused && !this.audio.ended;
  }

  get isWaiting(): boolean {
    return this.isPlaying && this.audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && this.error === null;
  }

  get time_s(): number {
    return this.audio.currentTime;
  }

  get duration_s(): number {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : 0;
  }

  async play(fileId: string, from_s: number): Promise<void> {
    if (fileId !== this.fileId || this.error !== null) {
      this.fileId = fileId;
      this.error = null;
      this.audio.loop = false;
      this.audio.src = playUrl(fileId);
    }
    this.audio.volume = this.volume;
    this.audio.playbackRate = this.rate;
    this.audio.currentTime = from_s;
    // A rejection is either an interruption by the next click, or reported by the error event.
    await this.audio.play().catch(() => undefined);
  }

  seek(time_s: number): void {
    this.audio.currentTime = time_s;
  }

  pause(): void {
    this.audio.pause();
  }

  /** Sets the tempo; browsers keep the pitch. */
  setRate(rate: number): void {
    this.rate = rate;
    if (this.fileId !== '') this.audio.playbackRate = rate;
  }

  setVolume(volume: number): void {
    this.volume = volume ** 2;
    if (this.fileId !== '') this.audio.volume = this.volume;
  }

  /** Plays silence, so that the system knows of the sound that comes from elsewhere in the page. */
  holdSession(): void {
    if (this.fileId !== '') return;
    if (this.silenceUrl === '') this.silenceUrl = URL.createObjectURL(silentWav());
    if (this.audio.src !== this.silenceUrl) this.audio.src = this.silenceUrl;
    this.audio.loop = true;
    this.audio.playbackRate = 1;
    void this.audio.play().catch(() => undefined); // without it there are no media controls; the sound is elsewhere
  }

  clear(): void {
    this.fileId = '';
    this.error = null;
    this.audio.pause();
    this.audio.removeAttribute('src');
    this.audio.load();
  }

  private dispatchIfRecording(name: string): void {
    if (this.fileId !== '') this.dispatchEvent(new Event(name));
  }

  private async explainError(): Promise<void> {
    if (this.fileId === '') return;
    try {
      const response = await fetch(this.audio.src, { headers: { Range: 'bytes=0-0' } });
      this.error = response.ok ? new Error('This browser cannot play this recording.') : await readProblem(response);
    } catch (error) {
      this.error = error;
    }
    this.dispatchEvent(new Event('error'));
  }
}

/** Returns a WAV file of silence, 8 bits, one channel. */
function silentWav(): Blob {
  const length = SILENCE_S * SILENCE_RATE_HZ;
  const header = new DataView(new ArrayBuffer(44));
  const write = (offset: number, text: string) =>
    new TextEncoder().encode(text).forEach((byte, index) => header.setUint8(offset + index, byte));
  write(0, 'RIFF');
  header.setUint32(4, 36 + length, true);
  write(8, 'WAVEfmt ');
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, SILENCE_RATE_HZ, true);
  header.setUint32(28, SILENCE_RATE_HZ, true);
  header.setUint16(32, 1, true);
  header.setUint16(34, 8, true);
  write(36, 'data');
  header.setUint32(40, length, true);
  return new Blob([header, new Uint8Array(length).fill(128)], { type: 'audio/wav' });
}
