import { LitElement, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { GalleryItem } from '../api/contract';
import { gallery } from '../state/gallery';
import { Watch } from '../state/watch';
import { base, buttons } from '../style/controls';
import { homeStyle } from './home-style';
import '../elements/blend-example';
import '../elements/problem-note';
import '../elements/two-strands';

const EXAMPLES = 3;

/** What Segue is, at a glance and by ear. */
@customElement('home-page')
export class HomePage extends LitElement {
  static override readonly styles = [base, buttons, homeStyle];

  constructor() {
    super();
    new Watch(this, gallery);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void gallery.load();
  }

  override render() {
    return html`
      <section class="hero">
        <h1>Drop in two pieces of music. Hear the one between them.</h1>
        <two-strands></two-strands>
        <div class="start">
          <p>
            Segue blends MIDI files and recordings bar by bar, in four roles: lead, harmony, bass and drums. It invents
            new pieces too, and blends those.
          </p>
          <p class="calls">
            <a class="button primary" href="/fuse?method=vae">Blend two pieces</a>
            <a class="button" href="/fuse?method=gan">Generate one</a>
          </p>
        </div>
      </section>
      <section class="examples" aria-labelledby="hear">
        <h2 id="hear">Hear what it does</h2>
        <problem-note .problem=${gallery.problem}></problem-note>
        ${this.examples()}
        <p><a href="/gallery">All pieces in the gallery</a></p>
      </section>
      ${this.methods()}
    `;
  }

  private examples() {
    if (gallery.items === null)
      return gallery.problem === null ? html`<p role="status">Fetching the examples…</p>` : nothing;
    const chosen = examplesOf(gallery.items);
    if (chosen.length === 0) return html`<p>Nothing here yet: the first piece could be yours.</p>`;
    return html`<ul>
      ${chosen.map((item) => html`<li><blend-example .item=${item}></blend-example></li>`)}
    </ul>`;
  }

  private methods() {
    return html`<section class="methods" aria-label="Three ways">
      <a href="/fuse?method=vae">
        <h3>Blend</h3>
        <p>
          Two of your pieces, MIDI or recordings, one weight. Set it once, morph from one to the other, or weigh each
          role by itself.
        </p>
      </a>
      <a href="/fuse?method=gan">
        <h3>Generate</h3>
        <p>A new piece of 8 to 64 bars from a style, a mood and a seed. The same seed gives the same notes.</p>
      </a>
      <a href="/fuse?method=hybrid">
        <h3>Hybrid</h3>
        <p>Two generated pieces, blended. You can hear and keep both parents as well.</p>
      </a>
    </section>`;
  }
}

/** Blends with both parents show best what Segue does; others fill up. */
export function examplesOf(items: readonly GalleryItem[]): readonly GalleryItem[] {
  const blends = items.filter((item) => item.parents.length >= 2);
  return [...blends, ...items.filter((item) => !blends.includes(item))].slice(0, EXAMPLES);
}

declare global {
  interface HTMLElementTagNameMap {
    'home-page': HomePage;
  }
}
