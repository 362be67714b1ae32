import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { GalleryItem } from '../../api/types';
import { gallery } from '../../state/gallery';
import { base } from '../../style/controls';
import '../player/play-button';

/** An example in one row: parent A, parent B and their blend. Property: `item`. */
@customElement('blend-example')
export class BlendExample extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        border-top: 1.5px solid var(--line);
        padding-block: 1rem;
      }
      .line {
        display: grid;
        grid-template-columns: minmax(0, 3fr) minmax(0, 3fr) minmax(0, 5fr);
        gap: 0.75rem var(--gap);
        align-items: center;
      }
      .piece {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0.8rem;
        align-items: center;
      }
      .alone {
        grid-column: 1 / -1;
      }
      .name {
        font-weight: 600;
        line-height: 1.25;
        overflow-wrap: anywhere;
        padding-inline-start: 0.7rem;
        border-inline-start: 5px solid var(--side);
      }
      .name small {
        display: block;
        font-weight: 400;
        font-size: 0.875rem;
        color: var(--ink-soft);
      }
      .a {
        --side: var(--a);
      }
      .b {
        --side: var(--b);
      }
      .child {
        --side: var(--mix);
      }
      .child .name {
        font: italic 560 1.5rem/1.15 var(--display);
      }
      .child small {
        font: 400 0.9375rem/1.4 var(--text);
        margin-top: 0.25rem;
      }
      @media (max-width: 48rem) {
        .line {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) item!: GalleryItem;

  override render() {
    const { item } = this;
    const [a, b] = item.parents;
    const isBlend = a !== undefined && b !== undefined;
    return html`<div class="line">
      ${isBlend ? [this.renderParent(a, 'A'), this.renderParent(b, 'B')] : ''}
      <div class="piece child ${isBlend ? '' : 'alone'}">
        <play-button file-id=${item.file_id} label=${item.title}></play-button>
        <span class="name">${item.title}<small>${item.description}</small></span>
      </div>
    </div>`;
  }

  private renderParent(fileId: string, letter: 'A' | 'B') {
    const item = gallery.findItem(fileId);
    const style = this.item.styles[letter === 'A' ? 0 : 1];
    const title = item?.title ?? msg(str`Piece ${letter}`);
    return html`<div class="piece ${letter.toLowerCase()}">
      <play-button
        file-id=${fileId}
        label=${item ? title : msg(str`Piece ${letter} of ${this.item.title}`)}
      ></play-button>
      <span class="name">${title}<small>${style === undefined ? '' : gallery.styleName(style)}</small></span>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'blend-example': BlendExample;
  }
}
