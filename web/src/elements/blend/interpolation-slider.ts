import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { PieceFile } from '../../api/contract';
import { fusion } from '../../state/fusion';
import { N_STEPS, interpolation, type InterpolationStep } from '../../state/interpolation';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import '../player/play-button';
import '../common/error-message';
import '../piano-roll/interpolation-roll';
import './weight-slider';

const MAX_BARS = 128;

/** Hears and sees the way from A to B before anything is blended: a slider whose every stop is ready. */
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
      .offer {
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

  /** The weight may be chosen elsewhere on the page too. */
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
    return html`<section aria-label="The way from A to B">
      ${step === null ? this.renderOffer(a.file, b.file, isCurrent) : this.renderSteps(step)}
      <error-message .problem=${interpolation.problem}></error-message>
      <p class="visually-hidden" role="status">${statusText(isCurrent)}</p>
    </section>`;
  }

  private renderOffer(a: PieceFile, b: PieceFile, isCurrent: boolean) {
    const isLong = [a, b].some((file) => (file.summary?.bars ?? 0) > MAX_BARS);
    if (isLong) return html`<p class="hint">Pieces of up to ${MAX_BARS} bars can be heard on the way from A to B.</p>`;
    if (isCurrent && interpolation.isLoading)
      return html`<div class="offer">
        <button type="button" @click=${() => interpolation.clear()}>Stop</button>
        <span class="hint">Making ${N_STEPS} steps from A to B…</span>
      </div>`;
    return html`<div class="offer">
      <button type="button" @click=${() => void interpolation.load(a, b, fusion.form)}>Hear the way from A to B</button>
      <span class="hint">${N_STEPS} steps to slide through, before you blend.</span>
    </div>`;
  }

  private renderSteps(step: InterpolationStep) {
    return html`<div class="row">
        <play-button file-id=${step.fileId} label=${step.title}></play-button>
        <weight-slider
          stops=${N_STEPS}
          weight=${step.weight}
          label="Slide from A to B"
          @weigh=${(event: CustomEvent<number>) => fusion.updateForm({ weight: event.detail })}
        ></weight-slider>
      </div>
      <interpolation-roll .steps=${interpolation.steps} .step=${step}></interpolation-roll>`;
  }
}

/** For those who do not see the page change. */
function statusText(isCurrent: boolean): string {
  if (!isCurrent) return '';
  return interpolation.isLoading ? 'Making the steps' : interpolation.steps.length > 0 ? 'The steps are ready' : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'interpolation-slider': InterpolationSlider;
  }
}
