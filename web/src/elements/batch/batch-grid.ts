import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { BatchItem } from '../../api/types';
import { base } from '../../style/controls';
import type { BatchCell } from './batch-cell';
import './batch-cell';

/**
 * The pieces of a batch side by side. Arrow keys move between them, Enter and Space play. Properties: `items`, `label`.
 */
@customElement('batch-grid')
export class BatchGrid extends LitElement {
  static override readonly styles = [
    base,
    css`
      .row {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 18.5rem), 1fr));
        gap: 1rem;
      }
    `,
  ];

  @property({ attribute: false }) items: readonly BatchItem[] = [];
  @property() label = '';
  /** The piece that has the focus, or gets it by Tab. */
  @state() private current = 0;

  override render() {
    return html`<div
      role="grid"
      aria-label=${this.label}
      aria-colcount=${this.items.length}
      @keydown=${this.onKeyDown}
      @focusin=${this.onFocus}
    >
      <div class="row" role="row">
        ${repeat(
          this.items,
          (item) => item.job.job_id,
          (item, index) =>
            html`<batch-cell
              role="gridcell"
              tabindex=${index === this.current ? 0 : -1}
              aria-colindex=${index + 1}
              .item=${item}
              .isCurrent=${index === this.current}
            ></batch-cell>`,
        )}
      </div>
    </div>`;
  }

  override willUpdate(): void {
    this.current = Math.min(this.current, Math.max(0, this.items.length - 1));
  }

  private get cells(): BatchCell[] {
    return [...this.renderRoot.querySelectorAll('batch-cell')];
  }

  private readonly onFocus = (event: FocusEvent): void => {
    const index = this.cells.findIndex((cell) => event.composedPath().includes(cell));
    if (index >= 0) this.current = index;
  };

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const isOnCell = this.cells.includes(event.composedPath()[0] as BatchCell);
    if (isOnCell && (event.key === 'Enter' || event.key === ' ')) {
      this.cells[this.current]?.play();
    } else {
      const target = this.cells[this.targetOf(event.key)];
      if (target === undefined) return;
      target.focus();
      target.scrollIntoView({ block: 'nearest' });
    }
    // The keys of the player, which the page as a whole has, are not meant here.
    event.preventDefault();
    event.stopPropagation();
  };

  /** Returns the piece that a key leads to; -1 for a key that moves nowhere. */
  private targetOf(key: string): number {
    const last = this.cells.length - 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.countColumns(),
      ArrowDown: this.countColumns(),
    };
    if (key === 'Home') return 0;
    if (key === 'End') return last;
    const step = steps[key];
    if (step === undefined) return -1;
    const target = this.current + step;
    return target < 0 || target > last ? this.current : target;
  }

  private countColumns(): number {
    const tops = this.cells.map((cell) => cell.offsetTop);
    return Math.max(1, tops.filter((top) => top === tops[0]).length);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'batch-grid': BatchGrid;
  }
}
