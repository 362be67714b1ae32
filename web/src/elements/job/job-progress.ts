import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job } from '../../api/types';
import { base, buttons } from '../../style/controls';

/** The progress of a job. Property: `job`. Event: `cancel`. */
@customElement('job-progress')
export class JobProgress extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        gap: 0.7rem;
      }
      .row {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 1rem;
        flex-wrap: wrap;
      }
      .stage {
        font: italic 560 1.5rem/1.2 var(--display);
      }
      .bar {
        height: 14px;
        background: var(--well);
        border-radius: 7px;
        overflow: clip;
      }
      .fill {
        height: 100%;
        min-width: 14px;
        border-radius: 7px;
        background: linear-gradient(to right, var(--a), var(--mix), var(--b));
        background-size: 100vw 100%;
        transition: width 300ms ease-out;
      }
      @media (prefers-reduced-motion: reduce) {
        .fill {
          transition: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) job!: Job;

  override render() {
    const percent = Math.round(this.job.progress * 100);
    const stage = stageLabel(this.job);
    return html`
      <div class="row">
        <span class="stage" role="status">${stage}</span>
        <span>${percent}%</span>
      </div>
      <div
        class="bar"
        role="progressbar"
        aria-label="Progress"
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
        aria-valuetext="${stage}, ${percent}%"
      >
        <div class="fill" style=${styleMap({ width: `${percent}%` })}></div>
      </div>
      <div><button type="button" @click=${this.onCancel}>Cancel</button></div>
    `;
  }

  private readonly onCancel = (): void => {
    this.dispatchEvent(new CustomEvent('cancel'));
  };
}

/** Formats a stage, e.g. "match_keys" as "Match keys". */
export function stageLabel(job: Job): string {
  if (job.state === 'queued') return 'Queued';
  const stage = job.stage.replace(/[_-]+/g, ' ').trim();
  return stage === '' ? 'Starting' : stage.charAt(0).toUpperCase() + stage.slice(1);
}

declare global {
  interface HTMLElementTagNameMap {
    'job-progress': JobProgress;
  }
}
