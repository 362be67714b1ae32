import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { GalleryItem, Method } from '../../api/types';
import { formatKey, formatPercent, formatSetting } from '../../music/format';
import { gallery } from '../../state/gallery';
import { base, buttons } from '../../style/controls';
import { galleryCardStyle } from './gallery-card-style';
import '../player/play-button';
import '../common/assign-buttons';

const METHOD_NAMES: Readonly<Record<Method, () => string>> = {
  vae: () => msg('Blend'),
  gan: () => msg('Generated'),
  hybrid: () => msg('Generated and blended'),
};

const SETTING_NAMES: Readonly<Record<string, () => string>> = {
  style: () => msg('Style'),
  styles: () => msg('Styles'),
  key: () => msg('Key'),
  bpm: () => msg('Tempo (BPM)'),
  bars: () => msg('Bars'),
  meter: () => msg('Meter'),
  mood: () => msg('Mood'),
  weight: () => msg('Share of piece B'),
  weights: () => msg('Share of piece B, by part'),
  curve: () => msg('Mix over time'),
  seed: () => msg('Seed'),
};

/** A piece of the gallery with its parents. Property: `item`. */
@customElement('gallery-card')
export class GalleryCard extends LitElement {
  static override readonly styles = [base, buttons, galleryCardStyle];

  @property({ attribute: false }) item!: GalleryItem;

  override render() {
    const { item } = this;
    return html`<article class=${item.method}>
      <header>
        <play-button file-id=${item.file_id} label=${item.title}></play-button>
        <div>
          <h3>${item.title}</h3>
          <p class="kind">
            ${[METHOD_NAMES[item.method](), ...item.styles.map((id) => gallery.styleName(id))].join(' · ')}
          </p>
        </div>
      </header>
      <p class="description">${item.description}</p>
      ${item.parents.length > 0 ? this.renderParents(item) : nothing} ${this.renderSettings(item)}
      <assign-buttons file-id=${item.file_id} label=${item.title}></assign-buttons>
    </article>`;
  }

  private renderParents(item: GalleryItem) {
    return html`<ul class="parents" aria-label=${msg(str`Parents of ${item.title}`)}>
      ${item.parents.map((fileId, index) => this.renderParent(fileId, index, item.title))}
    </ul>`;
  }

  private renderParent(fileId: string, index: number, child: string) {
    const letter = index === 0 ? 'A' : 'B';
    const found = gallery.findItem(fileId)?.title;
    const title = found ?? msg(str`Piece ${letter}`);
    const label = found ?? msg(str`Piece ${letter} of ${child}`);
    return html`<li class=${letter.toLowerCase()}>
      <play-button file-id=${fileId} label=${label}></play-button>
      <span><b aria-hidden="true">${letter}</b> ${title}</span>
    </li>`;
  }

  private renderSettings(item: GalleryItem) {
    const settings = Object.entries<unknown>({ ...item.settings, seed: item.seed }).filter(
      ([, value]) => value !== null,
    );
    return html`<details>
      <summary>${msg('How it was made')}</summary>
      <dl>
        ${settings.map(
          ([name, value]) =>
            html`<div>
              <dt>${SETTING_NAMES[name]?.() ?? name.replaceAll('_', ' ')}</dt>
              <dd>${settingText(name, value)}</dd>
            </div>`,
        )}
      </dl>
    </details>`;
  }
}

/** Shares are percentages; a curve lists how far in the piece which share is reached. */
function settingText(name: string, value: unknown): string {
  if (name === 'key' && typeof value === 'string') return formatKey(value);
  if (name === 'style' && typeof value === 'string') return gallery.styleName(value);
  if (name === 'weight' && typeof value === 'number') return formatPercent(value);
  if (name === 'curve' && Array.isArray(value))
    return (value as readonly (readonly [number, number])[])
      .map(([at, share]) => msg(str`${formatPercent(share)} B at ${formatPercent(at)} of the piece`))
      .join(', ');
  return formatSetting(name, value);
}

declare global {
  interface HTMLElementTagNameMap {
    'gallery-card': GalleryCard;
  }
}
