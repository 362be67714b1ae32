import { msg, str } from '@lit/localize';
import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import { getFile } from '../../api/client';
import {
  barAt,
  barContents,
  describeBar,
  parentLetter,
  parseBlendSources,
  sourceRuns,
  sourceShares,
  type BarSource,
  type BlendSources,
  type SourceRow,
  type SourceRun,
} from '../../music/blends/blend-sources';
import { formatPercent } from '../../music/format';
import { INGREDIENT_NAMES } from '../../music/blends/ingredients';
import { player } from '../../state/player';
import { base } from '../../style/controls';
import { sourceStripStyle } from './source-strip-style';
import './source-table';

const AXIS_STRIDES = [1, 2, 4, 8, 16, 32, 64];
const MAX_AXIS_NUMBERS = 10;

/**
 * What came from whom in a blend: a row for each ingredient, a column for each bar. Nothing for other pieces.
 *
 * The bar under the pointer, or the one that the arrow keys select, or else the one that plays, is described below.
 *
 * Attribute: `file-id`. Properties: `parents`, their titles; `bars_s`, the onset of each bar.
 * Event: `sources-change`, detail the sources or null.
 */
@customElement('source-strip')
export class SourceStrip extends LitElement {
  static override readonly styles = [base, sourceStripStyle];

  @property({ attribute: 'file-id' }) fileId = '';
  @property({ attribute: false }) parents: readonly string[] = [];
  @property({ attribute: false }) bars_s: readonly number[] = [];
  @state() private sources: BlendSources | null = null;
  @state() private selectedBar: number | null = null;
  @state() private playingBar: number | null = null;
  @query('.bars') private readonly bars!: HTMLElement | null;
  private animationFrame = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    player.addEventListener('change', this.trackPlayback);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    player.removeEventListener('change', this.trackPlayback);
    cancelAnimationFrame(this.animationFrame);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('fileId')) void this.load(this.fileId);
    if (changed.has('bars_s')) this.trackPlayback();
  }

  override render() {
    const { sources } = this;
    if (sources === null) return nothing;
    return html`<section aria-labelledby="title">
      <h3 id="title">${msg('Who gave what')}</h3>
      <ul class="legend" aria-label=${msg('Legend')}>
        ${this.legendSources(sources).map((source) => this.renderLegendEntry(source, sources))}
      </ul>
      ${this.renderChart(sources)} ${this.renderReadout(sources)}
      <source-table .sources=${sources}></source-table>
    </section>`;
  }

  /** Returns all parents, then what else there is. */
  private legendSources({ nParents, rows }: BlendSources): readonly BarSource[] {
    const others = (['between', 'rest'] as const).filter((source) => rows.some((row) => row.bars.includes(source)));
    return [...Array.from({ length: nParents }, (_, parent) => parent), ...others];
  }

  private renderLegendEntry(source: BarSource, sources: BlendSources) {
    const share = source === 'rest' ? '' : `, ${formatPercent(sourceShares(sources).get(source) ?? 0)}`;
    return html`<li><i class=${sourceClass(source)} aria-hidden="true"></i>${this.sourceName(source)}${share}</li>`;
  }

  private sourceName(source: BarSource): string {
    if (source === 'between') return msg('between them');
    if (source === 'rest') return msg('rests');
    return [parentLetter(source), this.parents[source]].filter(Boolean).join(': ');
  }

  private renderChart(sources: BlendSources) {
    const bar = this.shownBar;
    return html`<div
      class="chart"
      role="slider"
      tabindex="0"
      aria-label=${msg('Bar of the blend')}
      aria-valuemin="1"
      aria-valuemax=${sources.nBars}
      aria-valuenow=${(this.selectedBar ?? 0) + 1}
      aria-valuetext=${describeBar(sources, this.selectedBar ?? 0)}
      style=${styleMap({ '--n-bars': String(sources.nBars) })}
      @pointermove=${this.onPointer}
      @pointerdown=${this.onPointer}
      @pointerleave=${this.onPointerLeave}
      @keydown=${this.onKeyDown}
      @blur=${() => (this.selectedBar = null)}
    >
      ${sources.rows.map(renderRow)} ${renderAxis(sources.nBars)}
      ${bar === null ? nothing : html`<div class="cursor" style=${styleMap({ '--bar': String(bar) })}></div>`}
    </div>`;
  }

  private renderReadout(sources: BlendSources) {
    const bar = this.shownBar;
    if (bar === null)
      return html`<p class="readout soft">${msg('Point at a bar, or play the blend, to see where it is from.')}</p>`;
    const { parents, between, rests } = barContents(sources, bar);
    return html`<p class="readout" aria-hidden="true">
      <b>${msg(str`Bar ${bar + 1}`)}</b>
      ${parents.map(
        ({ parent, barNumber, names }) =>
          html`<span
            ><span class="letter parent-${parent}">${parentLetter(parent)}</span>
            ${msg(str`(bar ${barNumber}): ${names.join(', ')}`)}</span
          >`,
      )}
      ${between.length > 0 ? html`<span>${msg(str`between: ${between.join(', ')}`)}</span>` : nothing}
      ${rests.length > 0 ? html`<span class="soft">${msg(str`rests: ${rests.join(', ')}`)}</span>` : nothing}
    </p>`;
  }

  private get shownBar(): number | null {
    return this.selectedBar ?? this.playingBar;
  }

  private async load(fileId: string): Promise<void> {
    this.sources = null;
    this.selectedBar = null;
    // For a piece that no longer exists, the player shows the problem.
    const file = await getFile(fileId).catch(() => null);
    if (fileId !== this.fileId) return;
    this.sources = file && parseBlendSources(file);
    this.dispatchEvent(new CustomEvent('sources-change', { detail: this.sources }));
    this.trackPlayback();
  }

  private readonly trackPlayback = (): void => {
    cancelAnimationFrame(this.animationFrame);
    const isCurrent = player.isCurrent(this.fileId) && this.bars_s.length > 0 && this.sources !== null;
    this.playingBar = isCurrent && player.time_s > 0 ? this.toBar(player.time_s) : null;
    if (isCurrent && player.isPlaying) this.animationFrame = requestAnimationFrame(this.trackPlayback);
  };

  private toBar(time_s: number): number {
    return Math.min(barAt(this.bars_s, time_s), (this.sources?.nBars ?? 1) - 1);
  }

  private readonly onPointer = (event: PointerEvent): void => {
    if (this.bars === null || this.sources === null) return;
    const { left, width } = this.bars.getBoundingClientRect();
    const bar = Math.floor(((event.clientX - left) / width) * this.sources.nBars);
    if (bar >= 0 && bar < this.sources.nBars) this.selectedBar = bar;
  };

  /** A touch leaves when the finger is lifted: its bar stays selected. */
  private readonly onPointerLeave = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') this.selectedBar = null;
  };

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const bar = this.shownBar ?? -1;
    const last = (this.sources?.nBars ?? 1) - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: bar + 1,
      ArrowUp: bar + 1,
      ArrowLeft: bar - 1,
      ArrowDown: bar - 1,
      PageUp: bar + 8,
      PageDown: bar - 8,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.selectedBar = Math.min(last, Math.max(0, target));
  };
}

function renderRow({ ingredient, bars }: SourceRow) {
  return html`<span class="name">${INGREDIENT_NAMES[ingredient]}</span>
    <div class="bars">${sourceRuns(bars).map(renderRun)}</div>`;
}

function renderRun({ source, nBars }: SourceRun) {
  const label = typeof source === 'number' ? parentLetter(source) : source;
  return html`<div class="run ${sourceClass(source)}" style=${styleMap({ 'flex-grow': String(nBars) })}>
    ${source === 'rest' ? nothing : html`<b>${label}</b>`}
  </div>`;
}

function renderAxis(nBars: number) {
  const stride = AXIS_STRIDES.find((each) => nBars / each <= MAX_AXIS_NUMBERS) ?? 128;
  const numbered = Array.from({ length: Math.ceil(nBars / stride) }, (_, index) => index * stride);
  return html`<div class="axis">
    ${numbered.map((bar) => html`<span style=${styleMap({ '--bar': String(bar) })}>${bar + 1}</span>`)}
  </div>`;
}

function sourceClass(source: BarSource): string {
  return `source-${typeof source === 'number' && source > 1 ? 'other' : source}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'source-strip': SourceStrip;
  }
}
