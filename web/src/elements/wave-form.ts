import { LitElement, css, html, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import WaveSurfer from 'wavesurfer.js';
import { getPeaks } from '../api/client';
import { problemOf, messageOf } from '../api/problem';
import { player } from '../state/player';
import { base } from '../style/controls';

const HEIGHT = 88;
const PEAKS = 1200;

/**
 * The waveform of a piece, once its sound is made; a click goes there.
 *
 * WaveSurfer draws; the sound itself is the page's one player. Attributes: `file-id`, `label`.
 * Event: `length`, detail the seconds of sound, when they are known.
 */
@customElement('wave-form')
export class WaveForm extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        min-height: 88px;
        min-width: 0;
      }
      .wave {
        cursor: pointer;
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';
  @state() private trouble = '';
  @query('.wave') private readonly box!: HTMLElement;

  private surfer: WaveSurfer | null = null;
  private reading: AbortController | null = null;
  private ticking = 0;
  private readonly scheme = matchMedia('(prefers-color-scheme: dark)');
  private readonly recolour = () => this.surfer?.setOptions(this.colours);

  override connectedCallback(): void {
    super.connectedCallback();
    player.addEventListener('change', this.follow);
    this.scheme.addEventListener('change', this.recolour);
    if (this.hasUpdated) void this.draw(this.fileId);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    player.removeEventListener('change', this.follow);
    cancelAnimationFrame(this.ticking);
    this.scheme.removeEventListener('change', this.recolour);
    this.clear();
  }

  override render() {
    return html`<div class="wave" data-file=${this.fileId} aria-hidden="true"></div>
      ${this.trouble === '' ? '' : html`<p class="soft" role="status">${this.trouble}</p>`}`;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('fileId')) void this.draw(this.fileId);
  }

  private async draw(fileId: string): Promise<void> {
    this.clear();
    this.trouble = '';
    const reading = new AbortController();
    this.reading = reading;
    try {
      await this.read(fileId, reading.signal);
    } catch (thrown) {
      if (!reading.signal.aborted) this.trouble = `No waveform: ${messageOf(problemOf(thrown))}`;
    }
  }

  private async read(fileId: string, signal: AbortSignal): Promise<void> {
    const peaks = await getPeaks(fileId, PEAKS, signal);
    this.dispatchEvent(new CustomEvent('length', { detail: peaks.seconds }));
    this.surfer = this.create();
    // The two halves of the wave: above the middle the highest samples, below it the lowest.
    const lines = [Float32Array.from(peaks.maximums), Float32Array.from(peaks.minimums)];
    await this.surfer.load('', lines, peaks.seconds);
    this.follow();
    this.box.dataset['ready'] = 'true';
  }

  private create(): WaveSurfer {
    const surfer = WaveSurfer.create({
      container: this.box,
      // Silent and out of the page: what is heard is the page's one player.
      media: new Audio(),
      height: HEIGHT,
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      cursorWidth: 2,
      normalize: true,
      hideScrollbar: true,
      ...this.colours,
    });
    surfer.on('click', (position) => {
      void player.play({ fileId: this.fileId, title: this.label }, position * surfer.getDuration());
    });
    return surfer;
  }

  private get colours() {
    const ink = getComputedStyle(this);
    const colour = (name: string) => ink.getPropertyValue(name).trim();
    return { waveColor: colour('--edge'), progressColor: colour('--mix'), cursorColor: colour('--ink') };
  }

  /** Shows where the player is, at each frame while this piece sounds; nothing of another piece. */
  private readonly follow = (): void => {
    cancelAnimationFrame(this.ticking);
    const isCurrent = player.has(this.fileId);
    this.surfer?.setTime(isCurrent ? player.audio.currentTime : 0);
    if (isCurrent && player.isPlaying) this.ticking = requestAnimationFrame(this.follow);
  };

  private clear(): void {
    this.reading?.abort();
    this.surfer?.destroy();
    this.surfer = null;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'wave-form': WaveForm;
  }
}
