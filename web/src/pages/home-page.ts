import { msg } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { GalleryItem } from '../api/types';
import { chooseFiles, intake } from '../intake/intake';
import { gallery } from '../state/gallery';
import { StoreController } from '../state/store-controller';
import { base, buttons } from '../style/controls';
import { homePageStyle } from './home-page-style';
import '../elements/gallery/blend-example';
import '../elements/gallery/hero-blend';
import '../elements/common/error-message';

const N_EXAMPLES = 3;

/** The home page: a blend to listen to, and the ways to one's own. */
@customElement('home-page')
export class HomePage extends LitElement {
  static override readonly styles = [base, buttons, homePageStyle];

  @state() private isStarting = false;

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
        <h1>${msg('Drop in two pieces of music. Hear the one between them.')}</h1>
        ${this.renderHeroBlend()}
        <div class="start">
          <p class="calls">
            <button class="primary" type="button" @click=${() => void this.onChoose()}>
              ${msg('Choose two files')}
            </button>
            <button
              type="button"
              aria-disabled=${this.isStarting ? 'true' : 'false'}
              @click=${() => void this.onExample()}
            >
              ${msg('Try an example pair')}
            </button>
          </p>
          <p>
            ${msg(
              'MIDI files or recordings, dropped anywhere on this page. Segue takes them apart into form, chords, melody, bass, groove and sound, makes one new piece from them, and shows you who gave what.',
            )}
          </p>
        </div>
      </section>
      <section class="examples" aria-labelledby="examples">
        <h2 id="examples">${msg('More to listen to')}</h2>
        ${this.renderExamples()}
        <p><a href="/gallery">${msg('See the whole gallery')}</a></p>
      </section>
      ${this.renderMethods()}
    `;
  }

  /** Where there is no blend to hear, the error takes its place; the example's place is kept while it loads. */
  private renderHeroBlend() {
    if (gallery.items === null && gallery.problem !== null)
      return html`<error-message .problem=${gallery.problem} .retry=${() => gallery.load()}></error-message>`;
    const item = gallery.exampleBlend ?? null;
    if (gallery.items !== null && item === null) return html`<hero-illustration></hero-illustration>`;
    return html`<hero-blend .item=${item}></hero-blend>`;
  }

  private renderExamples() {
    if (gallery.items === null)
      return gallery.problem === null
        ? html`<p class="loading" role="status">${msg('Loading the examples…')}</p>`
        : nothing;
    const examples = selectExamples(gallery.items, gallery.exampleBlend);
    if (examples.length === 0) return html`<p>${msg('There are no examples yet. Yours could be the first.')}</p>`;
    return html`<ul>
      ${examples.map((item) => html`<li><blend-example .item=${item}></blend-example></li>`)}
    </ul>`;
  }

  private renderMethods() {
    return html`<section class="methods" aria-label=${msg('Ways to a new piece')}>
      <a href="/fuse?method=vae">
        <h3>${msg('Blend')}</h3>
        <p>
          ${msg(
            'Combine two of your pieces, MIDI files or recordings. Set one weight, morph from one piece to the other, or take the chords of one and the tune of the other.',
          )}
        </p>
      </a>
      <a href="/fuse?method=gan">
        <h3>${msg('Generate')}</h3>
        <p>
          ${msg(
            'Create a new piece of 8 to 64 bars from a style, a mood and a seed. The same seed gives the same notes.',
          )}
        </p>
      </a>
      <a href="/fuse?method=hybrid">
        <h3>${msg('Generate + blend')}</h3>
        <p>${msg('Generate two pieces and blend them. You can listen to and download both parents as well.')}</p>
      </a>
    </section>`;
  }

  private async onChoose(): Promise<void> {
    await intake.take(await chooseFiles(), 'a', true);
  }

  private async onExample(): Promise<void> {
    if (this.isStarting) return;
    this.isStarting = true;
    await intake.takeExamplePair();
    this.isStarting = false;
  }
}

/** Selects blends with both parents first, since they show best what Segue does, then other pieces. */
export function selectExamples(items: readonly GalleryItem[], shown?: GalleryItem): readonly GalleryItem[] {
  const others = items.filter((item) => item !== shown);
  const blends = others.filter((item) => item.parents.length >= 2);
  return [...blends, ...others.filter((item) => !blends.includes(item))].slice(0, N_EXAMPLES);
}

declare global {
  interface HTMLElementTagNameMap {
    'home-page': HomePage;
  }
}
