import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { GalleryItem } from '../api/types';
import { gallery } from '../state/gallery';
import { StoreController } from '../state/store-controller';
import { base } from '../style/controls';
import '../elements/gallery/gallery-card';
import '../elements/common/error-message';
import '../elements/share/shared-gallery';

/** The gallery: pieces created by Segue, to listen to and to blend further. */
@customElement('gallery-page')
export class GalleryPage extends LitElement {
  static override readonly styles = [
    base,
    css`
      h1 {
        font-size: clamp(2.6rem, 2rem + 2.6vw, 4rem);
      }
      .lead {
        font-size: 1.125rem;
        max-width: 38rem;
        margin-block: 0.75rem 2rem;
      }
      h2 {
        font-size: 1.9rem;
        margin-block: 2.5rem 1rem;
      }
      .cards {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
        gap: var(--gap);
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        display: grid;
        min-width: 0;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, gallery);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void gallery.load();
  }

  override render() {
    return html`<h1>${msg('Gallery')}</h1>
      <p class="lead">
        ${msg('Segue created everything here, from the seed and settings shown on each card. Use any piece as a parent of your own blend.')}
      </p>
      <error-message .problem=${gallery.problem} .retry=${() => gallery.load()}></error-message>
      ${gallery.items === null ? this.renderLoading() : this.renderItems(gallery.items)}
      <shared-gallery></shared-gallery>`;
  }

  private renderLoading() {
    return gallery.problem === null ? html`<p role="status">${msg('Loading the gallery…')}</p>` : nothing;
  }

  private renderItems(items: readonly GalleryItem[]) {
    if (items.length === 0)
      return html`<p>${msg(html`The gallery is empty. <a href="/fuse?method=gan">Generate a piece</a> instead.`)}</p>`;
    return html`
      ${renderGroup(
        msg('Blends'),
        items.filter((item) => item.method === 'vae'),
      )}
      ${renderGroup(
        msg('Generated and blended'),
        items.filter((item) => item.method === 'hybrid'),
      )}
      ${renderGroup(
        msg('Generated pieces'),
        items.filter((item) => item.method === 'gan'),
      )}
    `;
  }
}

function renderGroup(name: string, items: readonly GalleryItem[]) {
  if (items.length === 0) return nothing;
  return html`<h2>${name}</h2>
    <ul class="cards">
      ${items.map((item) => html`<li><gallery-card .item=${item}></gallery-card></li>`)}
    </ul>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'gallery-page': GalleryPage;
  }
}
