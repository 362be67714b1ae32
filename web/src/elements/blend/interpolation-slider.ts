import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { PieceFile } from '../../api/types';
import { fusion } from '../../state/fusion';
import { interpolation, N_STEPS, type InterpolationStep } from '../../state/interpolation';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import '../player/play-button';
import '../common/error-message';
import '../piano-roll/interpolation-roll';
import './weight-slider';

const MAX_BARS = 128;

/** Previews of the blend at several weights from A to B, selected by a slider. */
@customElement('interpolation-slider')
export class InterpolationSlider extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .prompt {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 1rem;
      }
      section {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 0.75rem;
      }
      .row {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 1rem;
        align-items: start;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion, interpolation);
  }

  /** The weight can be changed by other controls of the page as well. */
  override willUpdate(): void {
    const { a, b } = fusion.slots;
    if (a.file !== null && b.file !== null && interpolation.matches(a.file, b.file, fusion.form))
      interpolation.selectWeight(fusion.form.weight);
  }

  override render() {
    const { a, b } = fusion.slots;
    if (a.file?.summary == null || b.file?.summary == null) return nothing;
    const isCurrent = interpolation.matches(a.file, b.file, fusion.form);
    const step = isCurrent ? interpolation.step : null;
    return html`<section aria-label="Previews from A to B">
      ${step === null ? this.renderPrompt(a.file, b.file, isCurrent) : this.renderSteps(step)}
      <error-message .problem=${interpolation.problem}></error-message>
      <p class="visually-hidden" role="status">${statusText(isCurrent)}</p>
    </section>`;
  }

  private renderPrompt(a: PieceFile, b: PieceFile, isCurrent: boolean) {
    const isLong = [a, b].some((file) => (file.summary?.bars ?? 0) > MAX_BARS);
    if (isLong) return html`<p class="hint">Previews are available for pieces of up to ${MAX_BARS} bars.</p>`;
    if (isCurrent && interpolation.isLoading)
      return html`<div class="prompt">
        <button type="button" aria-label="Cancel the previews" @click=${() => interpolation.clear()}>Cancel</button>
        <span class="hint">Generating ${N_STEPS} previews…</span>
      </div>`;
    return html`<div class="prompt">
      <button type="button" @click=${() => void interpolation.load(a, b, fusion.form)}>Preview from A to B</button>
      <span class="hint">Listen to ${N_STEPS} weights between A and B before you blend.</span>
    </div>`;
  }

  private renderSteps(step: InterpolationStep) {
    return html`<div class="row">
        <play-button file-id=${step.fileId} label=${step.title}></play-button>
        <weight-slider
          positions=${N_STEPS}
          weight=${step.weight}
          label="Preview weight"
          @weight-change=${(event: CustomEvent<number>) => fusion.updateForm({ weight: event.detail })}
        ></weight-slider>
      </div>
      <interpolation-roll .steps=${interpolation.steps} .step=${step}></interpolation-roll>`;
  }
}

/** Returns the state as text, for screen readers. */
function statusText(isCurrent: boolean): string {
  if (!isCurrent) return '';
  return interpolation.isLoading
    ? 'Generating the previews'
    : interpolation.steps.length > 0
      ? 'The previews are ready'
      : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'interpolation-slider': InterpolationSlider;
  }
}
