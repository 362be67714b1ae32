import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { toProblem } from '../../api/problem';
import { getSharedGallery } from '../../api/shares';
import type { Problem, SharedItem } from '../../api/types';
import { base, buttons } from '../../style/controls';
import '../common/error-message';

/** The pieces that people have published, the newest first; nothing where there are none. */
@customElement('shared-gallery')
export class SharedGallery extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      h2 {
        font-size: 1.9rem;
        margin-block: 2.5rem 1rem;
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
        gap: var(--gap);
        list-style: none;
        margin: 0 0 1rem;
        padding: 0;
      }
      a {
        display: grid;
        background: var(--sheet);
        border: 1.5px solid var(--line);
        border-radius: var(--radius);
        overflow: hidden;
        text-decoration: none;
        height: 100%;
        align-content: start;
      }
      a:hover {
        border-color: var(--ink);
      }
      img {
        display: block;
        width: 100%;
        height: auto;
      }
      .text {
        padding: 0.8rem 1rem 1rem;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      h3 {
        font-size: 1.3rem;
      }
    `,
  ];

  @state() private items: readonly SharedItem[] = [];
  @state() private cursor: string | null = null;
  @state() private problem: Problem | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  override render() {
    if (this.items.length === 0 && this.problem === null) return nothing;
    return html`<h2>${msg('Shared by others')}</h2>
      <error-message .problem=${this.problem} .retry=${() => this.load()}></error-message>
      <ul>
        ${this.items.map((item) => html`<li>${renderItem(item)}</li>`)}
      </ul>
      ${
        this.cursor === null
          ? nothing
          : html`<button type="button" @click=${() => void this.load()}>${msg('Show more')}</button>`
      }`;
  }

  /** Loads the first pieces, or those after the last one. */
  private async load(): Promise<void> {
    try {
      const page = await getSharedGallery(this.cursor);
      this.items = [...this.items, ...page.items];
      this.cursor = page.cursor;
      this.problem = null;
    } catch (error) {
      this.problem = toProblem(error);
    }
  }
}

function renderItem(item: SharedItem) {
  const [one, other] = item.parents;
  const origin = one !== undefined && other !== undefined ? msg(str`Made from ${one} and ${other}`) : '';
  return html`<a href="/p/${item.slug}">
    <img src="/p/${item.slug}/picture.png" alt="" width="1200" height="630" loading="lazy" />
    <div class="text">
      <h3>${item.title}</h3>
      <p class="soft">${item.description}</p>
      ${origin === '' ? nothing : html`<p class="soft">${origin}</p>`}
    </div>
  </a>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'shared-gallery': SharedGallery;
  }
}
