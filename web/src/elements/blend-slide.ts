import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { PieceFile } from '../api/contract';
import { fusion } from '../state/fusion';
import { STEP_COUNT, slide, type Step } from '../state/slide';
import { Watch } from '../state/watch';
import { base, buttons, fields } from '../style/controls';
import './play-button';
import './problem-note';
import './step-roll';
import './weight-slider';

const MAX_BARS = 128;

/** Hears and sees the way from A to B before anything is blended: a slider whose every stop is ready. */
@customElement('blend-slide')
export class BlendSlide extends LitElement {
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
    new Watch(this, fusion, slide);
  }

  /** The weight may be chosen elsewhere on the page too. */
  override willUpdate(): void {
    const { a, b } = fusion.slots;
    if (a.file !== null && b.file !== null && slide.isOf(a.file, b.file, fusion.form)) slide.choose(fusion.form.weight);
  }

  override render() {
    const { a, b } = fusion.slots;
    if (a.file?.summary == null || b.file?.summary == null) return nothing;
    const isOurs = slide.isOf(a.file, b.file, fusion.form);
    const step = isOurs ? slide.step : null;
    return html`<section aria-label="The way from A to B">
      ${step === null ? this.offer(a.file, b.file, isOurs) : this.stops(step)}
      <problem-note .problem=${slide.problem}></problem-note>
      <p class="visually-hidden" role="status">${newsOf(isOurs)}</p>
    </section>`;
  }

  private offer(a: PieceFile, b: PieceFile, isOurs: boolean) {
    const isLong = [a, b].some((file) => (file.summary?.bars ?? 0) > MAX_BARS);
    if (isLong) return html`<p class="hint">Pieces of up to ${MAX_BARS} bars can be heard on the way from A to B.</p>`;
    if (isOurs && slide.isWorking)
      return html`<div class="offer">
        <button type="button" @click=${() => slide.drop()}>Stop</button>
        <span class="hint">Making ${STEP_COUNT} steps from A to B…</span>
      </div>`;
    return html`<div class="offer">
      <button type="button" @click=${() => void slide.prepare(a, b, fusion.form)}>Hear the way from A to B</button>
      <span class="hint">${STEP_COUNT} steps to slide through, before you blend.</span>
    </div>`;
  }

  private stops(step: Step) {
    return html`<div class="row">
        <play-button file-id=${step.fileId} label=${step.title}></play-button>
        <weight-slider
          stops=${STEP_COUNT}
          weight=${step.weight}
          label="Slide from A to B"
          @weigh=${(event: CustomEvent<number>) => fusion.set({ weight: event.detail })}
        ></weight-slider>
      </div>
      <step-roll .steps=${slide.steps} .step=${step}></step-roll>`;
  }
}

/** For those who do not see the page change. */
function newsOf(isOurs: boolean): string {
  if (!isOurs) return '';
  return slide.isWorking ? 'Making the steps' : slide.steps.length > 0 ? 'The steps are ready' : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'blend-slide': BlendSlide;
  }
}
