import { msg } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job } from '../../api/types';
import { stageText } from '../result/job-stages';
import { base, buttons, progressBar } from '../../style/controls';

/** The progress of a job, in one line. Property: `job`. Event: `cancel`. */
@customElement('job-progress')
export class JobProgress extends LitElement {
  static override readonly styles = [
    base,
    progressBar,
    buttons,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(8rem, auto) minmax(4rem, 1fr) 2.6rem auto;
        align-items: center;
        gap: 0.3rem 0.8rem;
        min-width: 0;
      }
      .stage {
        font: italic 560 1.15rem/1.2 var(--display);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .percent {
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      button {
        min-height: 2.1rem;
        padding: 0.2rem 0.8rem;
      }
      .fill {
        background: linear-gradient(to right, var(--a), var(--mix), var(--b));
        background-size: 100vw 100%;
        transition: width 300ms ease-out;
      }
      @media (max-width: 47.99rem) {
        :host {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .bar {
          grid-column: 1 / -1;
        }
        button {
          min-height: 2.6rem;
        }
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
    const stage = stageText(this.job);
    return html`
      <span class="stage" role="status">${stage}</span>
      <div
        class="bar"
        role="progressbar"
        aria-label=${msg('Progress')}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
        aria-valuetext="${stage}, ${percent}%"
      >
        <div class="fill" style=${styleMap({ width: `${percent}%` })}></div>
      </div>
      <span class="percent" aria-hidden="true">${percent}%</span>
      <button type="button" @click=${this.onCancel}>${msg('Cancel')}</button>
    `;
  }

  private readonly onCancel = (): void => {
    this.dispatchEvent(new CustomEvent('cancel'));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'job-progress': JobProgress;
  }
}
