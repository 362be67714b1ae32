import { LitElement, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { GalleryItem } from '../api/types';
import { gallery } from '../state/gallery';
import { StoreController } from '../state/store-controller';
import { base, buttons } from '../style/controls';
import { homePageStyle } from './home-page-style';
import '../elements/gallery/blend-example';
import '../elements/common/error-message';
import '../elements/app/hero-illustration';

const N_EXAMPLES = 3;

/** The home page: an introduction with examples to listen to. */
@customElement('home-page')
export class HomePage extends LitElement {
  static override readonly styles = [base, buttons, homePageStyle];

  constructor() {
    super();
    new StoreController(this, gallery);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void gallery.load();
  }

  override render() {
    return html`
      <section class="hero">
        <h1>Drop in two pieces of music. Hear the one between them.</h1>
        <hero-illustration></hero-illustration>
        <div class="start">
          <p>
            Segue takes two MIDI files or recordings apart into what you hear in them: form, chords, melody, bass,
            accompaniment, groove, instruments and feel. From these it makes one new piece, and shows you who gave what.
            It can also generate pieces and blend those.
          </p>
          <p class="calls">
            <a class="button primary" href="/fuse?method=vae">Blend two pieces</a>
            <a class="button" href="/fuse?method=gan">Generate a piece</a>
          </p>
        </div>
      </section>
      <section class="examples" aria-labelledby="examples">
        <h2 id="examples">Listen to examples</h2>
        <error-message .problem=${gallery.problem} .retry=${() => gallery.load()}></error-message>
        ${this.renderExamples()}
        <p><a href="/gallery">See the whole gallery</a></p>
      </section>
      ${this.renderMethods()}
    `;
  }

  private renderExamples() {
    if (gallery.items === null)
      return gallery.problem === null ? html`<p role="status">Loading the examples…</p>` : nothing;
    const examples = selectExamples(gallery.items);
    if (examples.length === 0) return html`<p>There are no examples yet. Yours could be the first.</p>`;
    return html`<ul>
      ${examples.map((item) => html`<li><blend-example .item=${item}></blend-example></li>`)}
    </ul>`;
  }

  private renderMethods() {
    return html`<section class="methods" aria-label="Methods">
      <a href="/fuse?method=vae">
        <h3>Blend</h3>
        <p>
          Combine two of your pieces, MIDI files or recordings. Set one weight, morph from one piece to the other, or
          take the chords of one and the tune of the other.
        </p>
      </a>
      <a href="/fuse?method=gan">
        <h3>Generate</h3>
        <p>Create a new piece of 8 to 64 bars from a style, a mood and a seed. The same seed gives the same notes.</p>
      </a>
      <a href="/fuse?method=hybrid">
        <h3>Hybrid</h3>
        <p>Generate two pieces and blend them. You can listen to and download both parents as well.</p>
      </a>
    </section>`;
  }
}

/** Selects blends with both parents first, since they show best what Segue does, then other pieces. */
export function selectExamples(items: readonly GalleryItem[]): readonly GalleryItem[] {
  const blends = items.filter((item) => item.parents.length >= 2);
  return [...blends, ...items.filter((item) => !blends.includes(item))].slice(0, N_EXAMPLES);
}

declare global {
  interface HTMLElementTagNameMap {
    'home-page': HomePage;
  }
}
