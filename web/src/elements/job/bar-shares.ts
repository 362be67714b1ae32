import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import { computeBarShares, describeBarShares, formatShares, meanShares } from '../../music/blends/bar-shares';
import { parentLetter, parseBlendSources } from '../../music/blends/blend-sources';
import { formatPercent } from '../../music/format';
import { pieceFiles } from '../../state/piece-files';
import { resultView } from '../../state/result-view';
import { requestBar } from '../../state/playback/seek-bar';
import { StoreController } from '../../state/store-controller';
import { base } from '../../style/controls';

const COLORS = ['var(--a)', 'var(--b)', 'var(--harmony)', 'var(--bass)', 'var(--lead)', 'var(--drums)'];

/** Each parent's share of every bar of a blend, drawn; a click leads to the bar. Attribute: `file-id`. */
@customElement('bar-shares')
export class BarSharesStrip extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      figure {
        margin: 0;
        display: flex;
        gap: 0.6rem;
        align-items: center;
      }
      figcaption {
        flex: none;
        font-size: 0.875rem;
        line-height: 1.2;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      b {
        font: italic 700 1.1em/1 var(--display);
      }
      .parent-0 {
        color: var(--a-text);
      }
      .parent-1 {
        color: var(--b-text);
      }
      .bars {
        display: flex;
        flex: 0 1 var(--width);
        min-width: 0;
        height: 18px;
        border-radius: 2px;
        overflow: clip;
        cursor: pointer;
        forced-color-adjust: none;
        background: var(--well);
      }
      .bar {
        flex: 1 1 0;
        min-width: 0;
        display: flex;
        flex-direction: column-reverse;
        border-inline-end: 1px solid var(--paper);
      }
      .bar:last-child {
        border: 0;
      }
      .bar:hover {
        opacity: 0.75;
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';

  constructor() {
    super();
    new StoreController(this, pieceFiles, resultView);
  }

  override render() {
    const file = pieceFiles.get(this.fileId);
    const sources = file && parseBlendSources(file);
    if (file === null || sources === null) return nothing;
    const bars = computeBarShares(sources, file.provenance);
    return html`<figure>
      <div
        class="bars"
        style=${styleMap({ '--width': `${this.width * 100}%` })}
        role="img"
        aria-label="${msg('Share of each parent per bar.')} ${describeBarShares(bars)}"
      >
        ${bars.map(
          (shares, bar) =>
            html`<div
              class="bar"
              title=${msg(str`Bar ${bar + 1}: ${formatShares(shares)}`)}
              @click=${() => requestBar(this, { fileId: file.file_id, title: file.title, bar })}
            >
              ${shares.map(
                (share, parent) =>
                  html`<span
                    style=${styleMap({ height: `${share * 100}%`, background: COLORS[parent % COLORS.length] ?? '' })}
                  ></span>`,
              )}
            </div>`,
        )}
      </div>
      <figcaption>
        ${meanShares(bars).map(
          (share, parent) => html`<b class="parent-${parent}">${parentLetter(parent)}</b> ${formatPercent(share)} `,
        )}
      </figcaption>
    </figure>`;
  }

  /** Returns the part of the roll below that the bars take: the roll shows the reverb tail too. */
  private get width(): number {
    const { bars_s, audioDuration_s } = resultView;
    const [last_s, before_s] = [bars_s.at(-1) ?? 0, bars_s.at(-2) ?? 0];
    const end_s = last_s + (last_s - before_s);
    return audioDuration_s > end_s && end_s > 0 ? end_s / audioDuration_s : 1;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'bar-shares': BarSharesStrip;
  }
}
