import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { getBatches } from '../api/batches';
import type { Batch, BatchSummary } from '../api/types';
import { batchState } from '../elements/batch/batch-text';
import { blendsOf } from '../music/blends/batch-plan';
import { batches } from '../state/batch';
import { gallery } from '../state/gallery';
import { onNavigation } from '../state/router';
import { StoreController } from '../state/store-controller';
import { base, buttons } from '../style/controls';
import '../elements/batch/batch-form';
import '../elements/batch/batch-grid';
import '../elements/common/error-message';

/** A batch (`?id=`), or the form that begins one (`?pieces=` chooses pieces) and the batches from before. */
@customElement('batch-page')
export class BatchPage extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      h1 {
        font-size: clamp(2.2rem, 1.7rem + 2.2vw, 3.4rem);
        overflow-wrap: anywhere;
      }
      h2 {
        font-size: 1.7rem;
        margin-block: 2.5rem 0.8rem;
      }
      .lead {
        font-size: 1.125rem;
        max-width: 40rem;
        margin-block: 0.75rem 1.5rem;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.6rem 1rem;
        margin-block: 0.9rem 1.2rem;
      }
      .hint {
        margin-block: 0 0.9rem;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        padding-block: 0.4rem;
        border-top: 1px solid var(--line);
      }
    `,
  ];

  @state() private pieceIds: readonly string[] = [];
  @state() private earlier: readonly BatchSummary[] = [];
  private unsubscribe?: () => void;

  constructor() {
    super();
    new StoreController(this, batches, gallery);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unsubscribe = onNavigation(() => this.syncFromUrl());
    this.syncFromUrl();
    // Names of styles.
    void gallery.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
    batches.close();
  }

  override render() {
    if (this.batchId === '') return this.renderForm();
    const { batch } = batches;
    return html`${batch === null ? html`<h1>${msg('Batch')}</h1>` : this.renderBatch(batch)}
      <error-message .problem=${batches.problem} .retry=${() => void batches.open(this.batchId)}></error-message>
      ${batch === null && batches.problem === null ? html`<p role="status">${msg('Loading the batch…')}</p>` : nothing}`;
  }

  private renderBatch(batch: Batch) {
    return html`<h1>${batch.title}</h1>
      <div class="tools">
        <span role="status">${batchState(batch)}</span>
        ${
          batches.isRunning
            ? html`<button type="button" aria-disabled=${batches.isBusy} @click=${() => void batches.stop()}>
                ${msg('Stop, and keep what is ready')}
              </button>`
            : nothing
        }
        ${this.renderBlendStarred()}
        <a class="button quiet" href="/batch">${msg('Make another batch')}</a>
      </div>
      <p class="soft hint">${msg('Arrow keys move between the pieces, Enter or Space plays. Star what you like.')}</p>
      <batch-grid .items=${batch.items} label=${batch.title}></batch-grid>`;
  }

  private renderBlendStarred() {
    const { starred } = batches;
    if (starred.length < 2) return nothing;
    const title = starred.map((piece) => batches.files.get(piece.file_id)?.title ?? piece.title).join(' x ');
    return html`<button
      class="primary"
      type="button"
      aria-disabled=${batches.isBusy}
      @click=${() => {
        const ids = starred.map((piece) => piece.file_id);
        void batches.begin(blendsOf(ids, title.slice(0, 200)));
      }}
    >
      ${starred.length === 2 ? msg('More like these two') : msg(str`More like these ${starred.length}`)}
    </button>`;
  }

  private renderForm() {
    return html`<h1>${msg('Several at once')}</h1>
      <p class="lead">${msg('Make many pieces, compare them side by side, and go on with those that you like.')}</p>
      <batch-form .pieceIds=${this.pieceIds}></batch-form>
      ${
        this.earlier.length === 0
          ? nothing
          : html`<h2>${msg('Earlier batches')}</h2>
              <ul>
                ${this.earlier.map(
                  (each) =>
                    html`<li>
                      <a href="/batch?id=${each.batch_id}">${each.title}</a>
                      <span class="soft">${msg(str`${each.n_succeeded} of ${each.n_items} pieces`)}</span>
                    </li>`,
                )}
              </ul>`
      }`;
  }

  private get batchId(): string {
    return new URLSearchParams(location.search).get('id') ?? '';
  }

  private syncFromUrl(): void {
    if (location.pathname !== '/batch') return;
    void batches.open(this.batchId);
    if (this.batchId === '') void this.loadEarlier();
    const ids = new URLSearchParams(location.search).get('pieces') ?? '';
    this.pieceIds = [...new Set(ids.split(',').filter(Boolean))];
    this.requestUpdate();
  }

  private async loadEarlier(): Promise<void> {
    // The form works without the list of batches from before.
    this.earlier = await getBatches().catch(() => []);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'batch-page': BatchPage;
  }
}
