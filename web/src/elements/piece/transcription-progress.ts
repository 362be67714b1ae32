import { msg } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job } from '../../api/types';
import { formatPercent } from '../../music/format';
import { base, progressBar } from '../../style/controls';

/** By the stage's name in a job. */
const STAGE_LABELS: Readonly<Record<string, () => string>> = {
  receive: () => msg('Uploading the recording'),
  decode: () => msg('Decoding the recording'),
  listen: () => msg('Detecting notes'),
  beats: () => msg('Tracking the beat'),
  notes: () => msg('Writing the score'),
  // eslint-disable-next-line segue/no-raw-text -- the name of a stage
  'Reading the notes': () => msg('Writing the score'),
};

/** The progress of a transcription. Property: `job`, null until it is known. */
@customElement('transcription-progress')
export class TranscriptionProgress extends LitElement {
  static override readonly styles = [
    base,
    progressBar,
    css`
      :host {
        display: grid;
        gap: 0.4rem;
      }
      .stage {
        font: italic 560 1.35rem/1.2 var(--display);
      }
      .fill {
        background: var(--side, var(--mix));
        transition: width 300ms ease-out;
      }
      .hint {
        color: var(--ink-soft);
        font-size: 0.875rem;
        line-height: 1.4;
      }
      @media (prefers-reduced-motion: reduce) {
        .fill {
          transition: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) job: Job | null = null;

  override render() {
    const percent = Math.round((this.job?.progress ?? 0) * 100);
    const stage = transcriptionStage(this.job);
    return html`<span class="stage">${stage}</span>
      <div
        class="bar"
        role="progressbar"
        aria-label=${msg('Transcription')}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
        aria-valuetext=${`${stage}, ${formatPercent(percent / 100)}`}
      >
        <div class="fill" style=${styleMap({ width: `${percent}%` })}></div>
      </div>
      <p class="hint">
        ${msg('The recording is transcribed to notes first. You can start the blend now; it will wait.')}
      </p>`;
  }
}

/** Describes the present stage of a transcription. */
export function transcriptionStage(job: Job | null): string {
  if (job === null || job.state === 'queued') return msg('Queued');
  const stage = job.stage.split(': ').at(-1) ?? '';
  if (stage.includes('waiting for')) return msg('Waiting for the transcriber');
  return STAGE_LABELS[stage]?.() ?? msg('Decoding the recording');
}

declare global {
  interface HTMLElementTagNameMap {
    'transcription-progress': TranscriptionProgress;
  }
}
