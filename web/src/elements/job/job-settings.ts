import { msg } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { newIdempotencyKey, submitJob, type JobRequest } from '../../api/client';
import { toProblem } from '../../api/problem';
import type { Job, JobOutput, Method, Problem } from '../../api/types';
import { describeMaking, repeatRequest } from '../../music/request-words';
import { gallery } from '../../state/gallery';
import { pieceFiles } from '../../state/piece-files';
import { navigate } from '../../state/router';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import '../common/error-message';

/** How a result was made, in words, and buttons that make it again. Properties: `job`, `piece`, `parents`. */
@customElement('job-settings')
export class JobSettings extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        gap: 0.75rem;
      }
      .again {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      summary {
        cursor: pointer;
        min-height: 1.75rem;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr);
        gap: 0.35rem 1.25rem;
        margin: 0.5rem 0 0;
        line-height: 1.4;
      }
      dt {
        color: var(--ink-soft);
      }
      dd {
        margin: 0;
        font-variant-numeric: tabular-nums;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) job!: Job;
  @property({ attribute: false }) piece!: JobOutput;
  @property({ attribute: false }) parents: readonly JobOutput[] = [];
  @state() private problem: Problem | null = null;
  @state() private isSubmitting = false;

  constructor() {
    super();
    new StoreController(this, pieceFiles, gallery);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // For the names of styles.
    void gallery.load();
  }

  override render() {
    return html`<div class="again">
        <button type="button" aria-disabled=${String(this.isSubmitting)} @click=${() => void this.repeat(false)}>
          ${msg('Make again')}
        </button>
        <button type="button" aria-disabled=${String(this.isSubmitting)} @click=${() => void this.repeat(true)}>
          ${msg('Make again with a new seed')}
        </button>
      </div>
      <error-message .problem=${this.problem}></error-message>
      <details>
        <summary>${msg('How it was made')}</summary>
        <dl>
          ${describeMaking({
            job: this.job,
            piece: this.piece,
            file: pieceFiles.get(this.piece.file_id),
            parents: this.parents,
            styleName: (id) => gallery.styleName(id),
          }).map(
            ([name, value]) =>
              html`<dt>${name}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>
      </details>`;
  }

  /** Submits the same request as a new job, and opens it. */
  private async repeat(hasNewSeed: boolean): Promise<void> {
    if (this.isSubmitting) return;
    this.isSubmitting = true;
    this.problem = null;
    try {
      const body = repeatRequest(this.job, hasNewSeed) as JobRequest;
      const job = await submitJob(this.job.method as Method, body, newIdempotencyKey());
      navigate(`/fuse?job=${job.job_id}`);
    } catch (error) {
      this.problem = toProblem(error);
    }
    this.isSubmitting = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'job-settings': JobSettings;
  }
}
