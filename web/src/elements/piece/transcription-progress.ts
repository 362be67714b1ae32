import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job } from '../../api/contract';
import { base } from '../../style/controls';

const STAGE_LABELS: Readonly<Record<string, string>> = {
  receive: 'Sending the recording',
  decode: 'Opening the recording',
  listen: 'Listening for notes',
  beats: 'Finding the beat',
  notes: 'Writing the notes down',
  'Reading the notes': 'Writing the notes down',
};

/** How far a recording is written down. Property: `job`, null before anything is known. */
@customElement('transcription-progress')
export class TranscriptionProgress extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 0.4rem;
      }
      .stage {
        font: italic 560 1.35rem/1.2 var(--display);
      }
      .bar {
        height: 10px;
        background: var(--well);
        border-radius: 5px;
        overflow: clip;
      }
      .fill {
        height: 100%;
        min-width: 10px;
        border-radius: 5px;
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
        aria-label="Transcription"
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
        aria-valuetext="${stage}, ${percent} %"
      >
        <div class="fill" style=${styleMap({ width: `${percent}%` })}></div>
      </div>
      <p class="hint">The recording becomes notes first. You can start the blend already: it waits for them.</p>`;
  }
}

/** What is being done to a recording, in words. */
export function transcriptionStage(job: Job | null): string {
  if (job === null || job.state === 'queued') return 'Waiting for its turn';
  const stage = job.stage.split(': ').at(-1) ?? '';
  if (stage.includes('waiting for')) return 'Waiting for the transcriber';
  return STAGE_LABELS[stage] ?? 'Opening the recording';
}

declare global {
  interface HTMLElementTagNameMap {
    'transcription-progress': TranscriptionProgress;
  }
}
