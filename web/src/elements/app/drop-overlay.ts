import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { takeEntries } from '../../intake/dropped-files';
import { chooseFiles, intake } from '../../intake/intake';
import { onNavigation } from '../../state/router';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import '../common/error-message';
import { closeIcon } from '../common/icons';

type Target = 'a' | 'b' | 'both';

/**
 * Takes files that are dropped anywhere in the window.
 *
 * While files are dragged over the window, it shows where they go: one file to the side on which it is dropped, several
 * to both. Afterwards it shows why nothing could be taken.
 */
@customElement('drop-overlay')
export class DropOverlay extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      .overlay {
        position: fixed;
        inset: 0;
        z-index: 5;
        display: grid;
        grid-template-columns: 1fr 1fr;
        background: color-mix(in srgb, var(--paper) 88%, transparent);
      }
      .side {
        --side: var(--a);
        margin: 1rem;
        padding: 1rem;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 0.5rem;
        text-align: center;
        border: 4px dashed var(--line);
        border-radius: var(--radius);
        color: var(--ink-soft);
      }
      .b {
        --side: var(--b);
      }
      .active {
        border: 4px solid var(--side);
        background: color-mix(in srgb, var(--side) 16%, var(--paper));
        color: var(--ink);
      }
      .letter {
        font: italic 560 clamp(5rem, 22vmin, 14rem)/0.9 var(--display);
        color: var(--side);
      }
      .notice {
        position: fixed;
        inset: 0.75rem 0.75rem auto;
        margin-inline: auto;
        max-width: 34rem;
        z-index: 4;
        background: var(--sheet);
        border: 1.5px solid var(--edge);
        box-shadow: 0 0.5rem 2rem rgb(0 0 0 / 20%);
      }
      .close {
        position: absolute;
        inset: 0.25rem 0.25rem auto auto;
      }
    `,
  ];

  @state() private target: Target | null = null;
  private unsubscribe?: () => void;

  constructor() {
    super();
    new StoreController(this, intake);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unsubscribe = onNavigation(() => intake.report(null));
    // In the capturing phase, before what lies below the overlay.
    for (const name of ['dragenter', 'dragover'] as const) window.addEventListener(name, this.onDrag, true);
    window.addEventListener('dragleave', this.onDragLeave, true);
    window.addEventListener('drop', this.onDrop, true);
    window.addEventListener('pointermove', this.onPointerMove);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
    for (const name of ['dragenter', 'dragover'] as const) window.removeEventListener(name, this.onDrag, true);
    window.removeEventListener('dragleave', this.onDragLeave, true);
    window.removeEventListener('drop', this.onDrop, true);
    window.removeEventListener('pointermove', this.onPointerMove);
  }

  override render() {
    return html`${this.target === null ? nothing : this.renderOverlay(this.target)}
    ${
      intake.problem === null
        ? nothing
        : html`<div class="notice">
            <error-message
              .problem=${intake.problem}
              .retry=${intake.retry ?? (() => void this.onChoose())}
              action=${intake.retry === null ? msg('Choose files') : ''}
            ></error-message>
            <button class="close quiet" type="button" aria-label=${msg('Close')} @click=${() => intake.report(null)}>
              ${closeIcon}
            </button>
          </div>`
    }`;
  }

  private renderOverlay(target: Target) {
    const both = target === 'both';
    return html`<div class="overlay">
      <div class="side a ${both || target === 'a' ? 'active' : ''}">
        <span class="letter" aria-hidden="true">A</span>
        ${both ? msg('The first piece becomes A') : msg('Drop here for piece A')}
      </div>
      <div class="side b ${both || target === 'b' ? 'active' : ''}">
        <span class="letter" aria-hidden="true">B</span>
        ${both ? msg('The second piece becomes B') : msg('Drop here for piece B')}
      </div>
    </div>`;
  }

  private readonly onDrag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = 'copy';
    this.target = event.dataTransfer.items.length > 1 ? 'both' : sideAt(event.clientX);
  };

  private readonly onDragLeave = (event: DragEvent): void => {
    // Without a related target the pointer has left the window, not only an element.
    if (event.relatedTarget === null) this.target = null;
  };

  /** The pointer moves by itself only once nothing is dragged, even where the browser told of no end. */
  private readonly onPointerMove = (): void => {
    this.target = null;
  };

  private readonly onDrop = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.stopPropagation();
    this.target = null;
    void intake.take(takeEntries(event.dataTransfer), sideAt(event.clientX), location.pathname === '/');
  };

  private async onChoose(): Promise<void> {
    const files = await chooseFiles();
    if (files.length > 0) await intake.take(files, 'a', location.pathname === '/');
  }
}

function sideAt(x: number): 'a' | 'b' {
  return x < innerWidth / 2 ? 'a' : 'b';
}

declare global {
  interface HTMLElementTagNameMap {
    'drop-overlay': DropOverlay;
  }
}
