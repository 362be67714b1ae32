import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { BatchItem, JobOutput } from '../../api/types';
import { moreLike } from '../../music/blends/batch-plan';
import { batches, resultOf } from '../../state/batch';
import { player } from '../../state/player';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { pauseIcon, playIcon, starIcon, starredIcon } from '../common/icons';
import { itemFacts, itemSeed, itemState, itemTitle } from './batch-text';
import './mini-roll';

/**
 * A piece of a batch, or how far it is. Properties: `item`; `isCurrent`, whether its buttons can be reached by Tab.
 *
 * The grid gives it the focus; `play()` plays its piece.
 */
@customElement('batch-cell')
export class BatchCell extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        grid-template-rows: auto 1fr auto;
        min-width: 0;
        background: var(--sheet);
        border: 1.5px solid var(--line);
        border-radius: var(--radius);
        overflow: hidden;
      }
      :host(:focus-visible) {
        outline: 3px solid var(--focus);
        outline-offset: 2px;
      }
      :host([data-playing]) {
        border-color: var(--ink);
      }
      .empty {
        height: 104px;
        display: grid;
        place-items: center;
        padding: 0.5rem 0.8rem;
        color: var(--ink-soft);
        background: var(--well);
        text-align: center;
        font-size: 0.9375rem;
        overflow: auto;
      }
      progress {
        width: 80%;
        height: 0.5rem;
        accent-color: var(--ink);
      }
      .text {
        padding: 0.6rem 0.8rem 0.2rem;
        min-width: 0;
      }
      h2 {
        font-size: 1.15rem;
        overflow-wrap: anywhere;
      }
      .facts {
        color: var(--ink-soft);
        font-size: 0.875rem;
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.3rem;
        padding: 0.3rem 0.6rem 0.6rem;
        min-height: 3.4rem;
      }
      .round {
        width: 2.5rem;
        height: 2.5rem;
        min-height: 0;
      }
      .small {
        min-height: 2.25rem;
        padding: 0.3rem 0.7rem;
        font-size: 0.9375rem;
      }
      .star {
        padding: 0.3rem 0.5rem;
        min-height: 2.25rem;
      }
    `,
  ];

  @property({ attribute: false }) item!: BatchItem;
  @property({ attribute: false }) isCurrent = false;

  constructor() {
    super();
    new StoreController(this, player, batches);
  }

  override render() {
    const piece = resultOf(this.item);
    const title = this.pieceTitle;
    this.toggleAttribute('data-playing', piece !== undefined && player.isCurrent(piece.file_id));
    return html`${piece === undefined ? this.renderWaiting(title) : this.renderRoll(piece)}
      <div class="text">
        <h2>${title}</h2>
        <p class="facts" title=${itemSeed(this.item)}>
          ${itemFacts(this.item, piece && batches.files.get(piece.file_id))}
        </p>
      </div>
      <div class="actions">${piece === undefined ? nothing : this.renderActions(piece, title)}</div>`;
  }

  /** Plays the piece, or pauses it; does nothing where there is none yet. */
  play(): void {
    const piece = resultOf(this.item);
    if (piece !== undefined) player.toggle({ fileId: piece.file_id, title: this.pieceTitle });
  }

  private get pieceTitle(): string {
    const piece = resultOf(this.item);
    return itemTitle(this.item, piece && batches.files.get(piece.file_id));
  }

  private renderWaiting(title: string) {
    const { job } = this.item;
    return html`<div class="empty">
      <span>${itemState(this.item)}</span>
      ${
        job.state === 'running'
          ? html`<progress max="1" .value=${job.progress} aria-label=${msg(str`Progress of ${title}`)}></progress>`
          : nothing
      }
    </div>`;
  }

  private renderRoll(piece: JobOutput) {
    const notes = batches.notes.get(piece.file_id);
    return html`<mini-roll file-id=${piece.file_id} .notes=${notes ?? null}></mini-roll>`;
  }

  private renderActions(piece: JobOutput, title: string) {
    const tabIndex = this.isCurrent ? 0 : -1;
    const isPlaying = player.isCurrent(piece.file_id) && player.isPlaying;
    const isStarred = batches.files.get(piece.file_id)?.starred === true;
    return html`<button
        class="round ${isPlaying ? 'primary' : ''}"
        type="button"
        tabindex=${tabIndex}
        aria-label=${isPlaying ? msg(str`Pause ${title}`) : msg(str`Play ${title}`)}
        @click=${() => this.play()}
      >
        ${isPlaying ? pauseIcon : playIcon}
      </button>
      <button
        class="quiet star"
        type="button"
        tabindex=${tabIndex}
        aria-pressed=${isStarred ? 'true' : 'false'}
        aria-label=${msg(str`Star ${title}`)}
        title=${isStarred ? msg('Starred: never expires') : msg('Star: never expires')}
        @click=${() => void batches.toggleStar(piece.file_id)}
      >
        ${isStarred ? starredIcon : starIcon}
      </button>
      <button
        class="small"
        type="button"
        tabindex=${tabIndex}
        aria-label=${msg(str`More like this: ${title}`)}
        @click=${() => this.makeMore(title)}
      >
        ${msg('More like this')}
      </button>
      <a
        class="button small"
        tabindex=${tabIndex}
        href="/fuse?job=${this.item.job.job_id}"
        aria-label=${msg(str`Open ${title}`)}
        >${msg('Open')}</a
      >`;
  }

  private makeMore(title: string): void {
    const body = moreLike(this.item.job, msg(str`More like ${title}`).slice(0, 200));
    if (body !== null) void batches.begin(body);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'batch-cell': BatchCell;
  }
}
