import { msg } from '@lit/localize';
import { LitElement, css, html, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import WaveSurfer from 'wavesurfer.js';
import { getPeaks } from '../../api/client';
import { problemMessage, toProblem } from '../../api/problem';
import { player } from '../../state/player';
import { base } from '../../style/controls';

const HEIGHT = 88;
const N_PEAKS = 1200;

/**
 * The waveform of a piece, once its audio is rendered. A click seeks.
 *
 * WaveSurfer only draws; playback is left to the page's player. Attributes: `file-id`, `label`.
 * Event: `duration-change`, detail the duration of the audio in seconds, once it is known.
 */
@customElement('waveform-view')
export class WaveformView extends LitElement {
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
  @state() private errorMessage = '';
  @query('.wave') private readonly container!: HTMLElement;

  private waveSurfer: WaveSurfer | null = null;
  private abort: AbortController | null = null;
  private animationFrame = 0;
  private readonly colorScheme = matchMedia('(prefers-color-scheme: dark)');
  private readonly updateColors = () => this.waveSurfer?.setOptions(this.colors);

  override connectedCallback(): void {
    super.connectedCallback();
    player.addEventListener('change', this.trackPlayback);
    this.colorScheme.addEventListener('change', this.updateColors);
    if (this.hasUpdated) void this.load(this.fileId);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    player.removeEventListener('change', this.trackPlayback);
    cancelAnimationFrame(this.animationFrame);
    this.colorScheme.removeEventListener('change', this.updateColors);
    this.clear();
  }

  override render() {
    return html`<div class="wave" data-file=${this.fileId} aria-hidden="true"></div>
      ${this.errorMessage === '' ? '' : html`<p class="soft" role="status">${this.errorMessage}</p>`}`;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('fileId')) void this.load(this.fileId);
  }

  private async load(fileId: string): Promise<void> {
    this.clear();
    this.errorMessage = '';
    const abort = new AbortController();
    this.abort = abort;
    try {
      await this.show(fileId, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted)
        this.errorMessage = `${msg('The waveform is not available.')} ${problemMessage(toProblem(error))}`;
    }
  }

  private async show(fileId: string, signal: AbortSignal): Promise<void> {
    const peaks = await getPeaks(fileId, N_PEAKS, signal);
    this.dispatchEvent(new CustomEvent('duration-change', { detail: peaks.seconds }));
    this.waveSurfer = this.createWaveSurfer();
    // WaveSurfer draws the first channel above the axis and the second one below.
    const channels = [Float32Array.from(peaks.maximums), Float32Array.from(peaks.minimums)];
    await this.waveSurfer.load('', channels, peaks.seconds);
    this.trackPlayback();
    this.container.dataset['ready'] = 'true';
  }

  private createWaveSurfer(): WaveSurfer {
    const waveSurfer = WaveSurfer.create({
      container: this.container,
      // A dummy without a source: playback is left to the page's player.
      media: new Audio(),
      height: HEIGHT,
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      cursorWidth: 2,
      normalize: true,
      hideScrollbar: true,
      ...this.colors,
    });
    waveSurfer.on('click', (position) => {
      void player.play({ fileId: this.fileId, title: this.label }, position * waveSurfer.getDuration());
    });
    return waveSurfer;
  }

  private get colors() {
    const style = getComputedStyle(this);
    const color = (name: string) => style.getPropertyValue(name).trim();
    return { waveColor: color('--edge'), progressColor: color('--mix'), cursorColor: color('--ink') };
  }

  /** Shows the playback position, in each frame while this piece plays; 0 while another piece does. */
  private readonly trackPlayback = (): void => {
    cancelAnimationFrame(this.animationFrame);
    const isCurrent = player.isCurrent(this.fileId);
    this.waveSurfer?.setTime(isCurrent ? player.time_s : 0);
    if (isCurrent && player.isPlaying) this.animationFrame = requestAnimationFrame(this.trackPlayback);
  };

  private clear(): void {
    this.abort?.abort();
    this.waveSurfer?.destroy();
    this.waveSurfer = null;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'waveform-view': WaveformView;
  }
}
