import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { GalleryItem } from '../../api/types';
import { gallery } from '../../state/gallery';
import { base } from '../../style/controls';
import '../app/hero-illustration';
import '../player/play-button';

/**
 * The first thing to hear: parents A and B on two staves, and their blend where the staves have merged.
 *
 * Property: `item`, a blend of the gallery; null keeps its place until the gallery has loaded.
 */
@customElement('hero-blend')
export class HeroBlend extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr);
        gap: 0 1rem;
        /* The height of the illustration, which is as wide as the window. */
        min-height: 31.7vw;
        position: relative;
      }
      hero-illustration {
        position: absolute;
        inset: -0.5vw calc(50% - 50vw) auto;
        overflow: clip;
        z-index: -1;
      }
      .parents {
        display: grid;
        gap: 1rem;
        align-content: space-between;
        justify-items: start;
      }
      .piece {
        --side: var(--a);
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0.7rem;
        align-items: center;
        min-height: 4rem;
        padding: 0.4rem 1rem 0.4rem 0.5rem;
        background: var(--sheet);
        border: 1.5px solid var(--line);
        border-inline-start: 6px solid var(--side);
        border-radius: var(--radius);
        line-height: 1.2;
        min-width: min(100%, 13rem);
        max-width: 100%;
      }
      .b {
        --side: var(--b);
      }
      .blend {
        --side: var(--mix);
        justify-self: end;
        align-self: start;
        padding-block: 0.9rem;
        min-height: 6.25rem;
      }
      .name {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .name small {
        display: block;
        font-weight: 400;
        font-size: 0.875rem;
        color: var(--ink-soft);
      }
      .blend .name {
        font: italic 560 clamp(1.3rem, 1rem + 1.1vw, 1.9rem) / 1.1 var(--display);
      }
      .blend small {
        font: 400 0.9375rem/1.35 var(--text);
        margin-top: 0.3rem;
      }
      @media (max-width: 48rem) {
        :host {
          grid-template-columns: minmax(0, 1fr);
          gap: 0.5rem;
          min-height: 0;
          padding-top: calc(28vw + 0.25rem);
        }
        hero-illustration {
          inset-block: -1rem auto;
        }
        .blend {
          grid-row: 1;
          justify-self: stretch;
          min-height: 10.75rem;
        }
        .parents {
          grid-template-columns: repeat(2, minmax(0, 1fr));
          gap: 0.5rem;
        }
        .parents .piece {
          width: 100%;
          min-width: 0;
          min-height: 4.75rem;
          padding-inline-end: 0.4rem;
          font-size: 0.9375rem;
        }
      }
    `,
  ];

  @property({ attribute: false }) item: GalleryItem | null = null;

  override render() {
    const [a = '', b = ''] = this.item?.parents ?? [];
    return html`<hero-illustration></hero-illustration>
      <div class="parents">${this.renderPiece('a', a, msg('Piece A'))} ${this.renderPiece('b', b, msg('Piece B'))}</div>
      <div class="piece blend">
        ${
          this.item === null
            ? ''
            : html`<play-button file-id=${this.item.file_id} label=${this.item.title}></play-button>
                <span class="name">
                  ${this.item.title}<small>${msg(str`The blend of both. ${this.item.description}`)}</small>
                </span>`
        }
      </div>`;
  }

  private renderPiece(side: 'a' | 'b', fileId: string, letter: string) {
    const item = gallery.findItem(fileId);
    return html`<div class="piece ${side}">
      ${
        item === undefined
          ? ''
          : html`<play-button file-id=${fileId} label=${item.title}></play-button>
              <span class="name"><small>${letter}</small>${item.title}</span>`
      }
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hero-blend': HeroBlend;
  }
}
