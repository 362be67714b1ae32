import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Job } from '../../api/types';
import { base, progressBar } from '../../style/controls';
import { jobText } from './library-text';

/** A job that is queued or running, as an entry of the library. Property: `job`. */
@customElement('job-row')
export class JobRow extends LitElement {
  static override readonly styles = [
    base,
    progressBar,
    css`
      :host {
        display: block;
      }
      article {
        display: grid;
        grid-template-columns: 3rem minmax(0, 1fr) minmax(6rem, 14rem);
        gap: 0.35rem 1.1rem;
        align-items: center;
        border-top: 1.5px solid var(--line);
        padding-block: 0.8rem;
        min-height: 4.5rem;
      }
      b {
        font-variant-numeric: tabular-nums;
        text-align: center;
      }
      a {
        font-weight: 600;
        text-decoration: none;
        overflow-wrap: anywhere;
      }
      a:hover {
        text-decoration: underline;
      }
      p {
        font-size: 0.9375rem;
        color: var(--ink-soft);
      }
      .fill {
        background: linear-gradient(to right, var(--a), var(--mix), var(--b));
        background-size: 14rem 100%;
      }
      @media (max-width: 32rem) {
        article {
          grid-template-columns: 3rem minmax(0, 1fr);
        }
        .bar {
          grid-column: 2;
        }
      }
    `,
  ];

  @property({ attribute: false }) job!: Job;

  override render() {
    const percent = Math.round(this.job.progress * 100);
    const isQueued = this.job.state === 'queued';
    const href =
      this.job.method === 'transcribe' || this.job.method === 'steps' ? '/fuse' : `/fuse?job=${this.job.job_id}`;
    return html`<article>
      <b aria-hidden="true">${percent}%</b>
      <div>
        <a href=${href}>${jobText(this.job)}</a>
        <p>${isQueued ? msg('Queued') : msg('Running')}</p>
      </div>
      <div
        class="bar"
        role="progressbar"
        aria-label=${msg(str`Progress of ${jobText(this.job)}`)}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
      >
        <div class="fill" style=${styleMap({ width: `${percent}%` })}></div>
      </div>
    </article>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'job-row': JobRow;
  }
}
