import { msg, str } from '@lit/localize';
import { LitElement, html, nothing, svg } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import {
  addPoint,
  CURVE_PRESETS,
  movePoint,
  presetOf,
  removePoint,
  snapToBar,
  weightAt,
  type Curve,
  type CurvePoint,
  type CurvePreset,
} from '../../state/fusion/curves';
import { base, buttons, fields } from '../../style/controls';
import { curveEditorStyle } from './curve-editor-style';
import { formatShares } from './weight-slider';

const PRESET_NAMES: Readonly<Record<CurvePreset, () => string>> = {
  steady: () => msg('Constant'),
  'a-to-b': () => msg('A to B'),
  'b-to-a': () => msg('B to A'),
  'there-and-back': () => msg('A to B and back'),
};
const PRESETS = Object.keys(PRESET_NAMES) as readonly CurvePreset[];
/** Without bars, a key moves a point by so much of the piece. */
const KEY_STEP = 0.01;
const LARGE_STEP = 0.1;
const MAX_BAR_LINES = 64;

/**
 * The mix over time, drawn: points over the bars of the piece, A at the bottom and B at the top.
 *
 * A press on the area adds a point, dragging moves it, a double click or Delete removes it. With the keyboard, arrows
 * move the focused point, Enter adds one after it.
 *
 * Properties: `curve`, null for a constant `weight`; `nBars`, the bars to snap to, 0 where they are not known.
 * Event: `curve-change`, detail the new curve or null.
 */
@customElement('curve-editor')
export class CurveEditor extends LitElement {
  static override readonly styles = [base, buttons, fields, curveEditorStyle];

  @property({ attribute: false }) curve: Curve | null = null;
  @property({ type: Number }) weight = 0.5;
  @property({ attribute: false }) nBars = 0;
  @state() private isSnapping = true;
  @state() private selected: number | null = null;
  @query('.area') private readonly area!: HTMLElement;
  /** The point that is dragged. */
  private dragged: number | null = null;

  override render() {
    const { points } = this;
    return html`${this.renderTools()}
      <div
        class="area"
        role="group"
        aria-label=${msg('Mix over time: a press adds a point')}
        @pointerdown=${this.onPointerDown}
        @pointermove=${this.onPointerMove}
        @pointerup=${this.onPointerUp}
        @pointercancel=${this.onPointerUp}
        @dblclick=${this.onDoubleClick}
      >
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          ${this.renderBars()}
          <path d=${`M${points.map(([position, weight]) => `${position * 100} ${100 - weight * 100}`).join('L')}`} />
        </svg>
        <span class="end b" aria-hidden="true">B</span><span class="end a" aria-hidden="true">A</span>
        ${points.map((point, index) => this.renderPoint(point, index))}
      </div>
      <div class="foot"><span class="read" aria-hidden="true">${this.readout}</span>${this.renderSnap()}</div>`;
  }

  /** The points of the curve; for a constant weight, both ends at that weight. */
  private get points(): Curve {
    return (
      this.curve ?? [
        [0, this.weight],
        [1, this.weight],
      ]
    );
  }

  private get readout(): string {
    const point = this.selected === null ? undefined : this.points[this.selected];
    return point === undefined
      ? msg('Press to add a point, drag to move it, double-click to remove it.')
      : this.describePoint(point);
  }

  private renderTools() {
    const preset = presetOf(this.curve);
    const isInner = this.selected !== null && this.selected > 0 && this.selected < this.points.length - 1;
    return html`<fieldset class="tools" aria-label=${msg('Mix over time')}>
      ${PRESETS.map(
        (name) =>
          html`<label class="preset">
            <input
              class="visually-hidden"
              type="radio"
              name="curve"
              value=${name}
              .checked=${name === preset}
              @change=${() => this.change(CURVE_PRESETS[name], null)}
            />
            <svg viewBox="-3 -3 46 26" aria-hidden="true"><polyline points=${presetPoints(name)} /></svg>
            ${PRESET_NAMES[name]()}
          </label>`,
      )}
      <button type="button" aria-disabled=${isInner ? 'false' : 'true'} @click=${() => this.removeSelected()}>
        ${msg('Delete point')}
      </button>
    </fieldset>`;
  }

  private renderSnap() {
    if (this.nBars === 0) return nothing;
    return html`<label class="check">
      <input
        type="checkbox"
        .checked=${this.isSnapping}
        @change=${(event: Event) => (this.isSnapping = (event.target as HTMLInputElement).checked)}
      />
      ${msg('Snap to bar')}
    </label>`;
  }

  private renderBars() {
    const nLines = this.nBars > MAX_BAR_LINES ? Math.floor(this.nBars / 4) : this.nBars;
    const svgLines = Array.from({ length: Math.max(0, nLines - 1) }, (_, index) => ((index + 1) / nLines) * 100);
    return svgLines.map((x) => svg`<line x1=${x} x2=${x} y1="0" y2="100" />`);
  }

  private renderPoint(point: CurvePoint, index: number) {
    const [position, weight] = point;
    return html`<div
      class="point ${index === this.selected ? 'selected' : ''}"
      role="slider"
      tabindex="0"
      data-index=${index}
      aria-label=${msg(str`Point ${index + 1} of ${this.points.length}`)}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(weight * 100)}
      aria-valuetext=${this.describePoint(point)}
      style=${styleMap({ left: `${position * 100}%`, top: `${100 - weight * 100}%` })}
      @focus=${() => (this.selected = index)}
      @keydown=${(event: KeyboardEvent) => this.onKeyDown(event, index)}
    ></div>`;
  }

  private describePoint([position, weight]: CurvePoint): string {
    const shares = formatShares(weight);
    const bar = Math.min(this.nBars, Math.floor(position * this.nBars + 1e-6) + 1);
    return this.nBars > 0 ? msg(str`Bar ${bar}: ${shares}`) : msg(str`${Math.round(position * 100)}%: ${shares}`);
  }

  private change(curve: Curve | null, selected: number | null): void {
    this.curve = curve;
    this.selected = selected;
    this.dispatchEvent(new CustomEvent('curve-change', { detail: curve }));
  }

  private move(index: number, position: number, weight: number): void {
    const at = this.isSnapping ? snapToBar(position, this.nBars) : position;
    this.change(movePoint(this.points, index, [at, weight]), index);
  }

  private removeSelected(): void {
    if (this.selected === null) return;
    const { points } = this;
    const curve = removePoint(points, this.selected);
    if (curve === points) return;
    const next = Math.max(0, this.selected - 1);
    this.change(curve, next);
    void this.focusPoint(next);
  }

  private async focusPoint(index: number): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`[data-index='${index}']`)?.focus();
  }

  private positionOf(event: PointerEvent): CurvePoint {
    const { left, top, width, height } = this.area.getBoundingClientRect();
    const limit = (value: number) => Math.min(1, Math.max(0, value));
    return [limit((event.clientX - left) / width), limit(1 - (event.clientY - top) / height)];
  }

  private readonly onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.preventDefault(); // so that a press selects no text; the focus is set below
    const { index } = (event.target as HTMLElement).dataset;
    if (index === undefined) {
      const [position, weight] = this.positionOf(event);
      const at = this.isSnapping ? snapToBar(position, this.nBars) : position;
      const [curve, added] = addPoint(this.points, [at, weight]);
      this.change(movePoint(curve, added, [at, weight]), added);
      this.dragged = added;
    } else this.dragged = Number(index);
    this.area.setPointerCapture(event.pointerId);
    void this.focusPoint(this.dragged);
  };

  private readonly onPointerMove = (event: PointerEvent): void => {
    if (this.dragged !== null) this.move(this.dragged, ...this.positionOf(event));
  };

  private readonly onPointerUp = (): void => {
    this.dragged = null;
  };

  private readonly onDoubleClick = (): void => this.removeSelected();

  private onKeyDown(event: KeyboardEvent, index: number): void {
    const point = this.points[index];
    if (point === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const [position, weight] = point;
    const stepX = this.isSnapping && this.nBars > 0 ? 1 / this.nBars : KEY_STEP;
    const stepY = event.shiftKey ? LARGE_STEP : KEY_STEP;
    const moves: Readonly<Record<string, CurvePoint>> = {
      ArrowLeft: [position - stepX, weight],
      ArrowRight: [position + stepX, weight],
      ArrowUp: [position, weight + stepY],
      ArrowDown: [position, weight - stepY],
      PageUp: [position, weight + LARGE_STEP],
      PageDown: [position, weight - LARGE_STEP],
      Home: [position, 0],
      End: [position, 1],
    };
    const target = moves[event.key];
    if (target !== undefined) this.move(index, ...target);
    else if (event.key === 'Delete' || event.key === 'Backspace') this.removeSelected();
    else if (event.key === 'Enter' || event.key === 'Insert') this.addAfter(index);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Adds a point halfway to the next one, on the curve. */
  private addAfter(index: number): void {
    const { points } = this;
    const from = Math.min(index, points.length - 2);
    const half = ((points[from]?.[0] ?? 0) + (points[from + 1]?.[0] ?? 1)) / 2;
    const snapped = this.isSnapping ? snapToBar(half, this.nBars) : half;
    const isBetween = snapped > (points[from]?.[0] ?? 0) && snapped < (points[from + 1]?.[0] ?? 1);
    const at = isBetween ? snapped : half;
    const [curve, added] = addPoint(points, [at, weightAt(points, at)]);
    this.change(curve, added);
    void this.focusPoint(added);
  }
}

/** Returns the curve of a preset as a polyline of 40 by 20 units, with A at the bottom and B at the top. */
function presetPoints(name: CurvePreset): string {
  const points = CURVE_PRESETS[name] ?? [
    [0, 0.5],
    [1, 0.5],
  ];
  return points.map(([position, weight]) => `${position * 40},${20 - weight * 20}`).join(' ');
}

declare global {
  interface HTMLElementTagNameMap {
    'curve-editor': CurveEditor;
  }
}
