import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { PieceFile } from '../../api/types';
import { hasShares } from '../../state/fusion/form';
import { fusion } from '../../state/fusion';
import { interpolation, N_STEPS } from '../../state/fusion/interpolation';
import { resultView } from '../../state/result-view';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';

const MAX_BARS = 128;

/** Starts previews of the blend at several weights. The main weight then selects the preview that is shown and plays. */
@customElement('interpolation-preview')
export class InterpolationPreview extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      button {
        min-height: 2.1rem;
        padding: 0.2rem 0.5rem;
        font-size: 0.9375rem;
      }
      @media (pointer: coarse) {
        button {
          min-height: 2.6rem;
        }
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion, interpolation);
  }

  override willUpdate(): void {
    if (interpolation.matchesForm(fusion)) interpolation.selectWeight(fusion.form.weight);
  }

  override render() {
    const { a, b } = fusion.slots;
    if (a.file?.summary == null || b.file?.summary == null || hasShares(fusion.form)) return nothing;
    const isCurrent = interpolation.matchesForm(fusion);
    return html`${this.renderButton(a.file, b.file, isCurrent)}
      <p class="visually-hidden" role="status">${statusText(isCurrent)}</p>`;
  }

  private renderButton(a: PieceFile, b: PieceFile, isCurrent: boolean) {
    const isLong = [a, b].some((file) => (file.summary?.bars ?? 0) > MAX_BARS);
    if (isLong)
      return html`<button
        type="button"
        aria-disabled="true"
        title=${msg(str`Previews are for pieces of up to ${MAX_BARS} bars.`)}
      >
        ${msg('Preview the morph')}
      </button>`;
    if (isCurrent && interpolation.isLoading)
      return html`<button type="button" aria-label=${msg('Cancel the previews')} @click=${() => interpolation.clear()}>
        ${msg('Cancel previews…')}
      </button>`;
    if (isCurrent && interpolation.steps.length > 0)
      return html`<button type="button" @click=${() => interpolation.clear()}>${msg('Close previews')}</button>`;
    return html`<button
      type="button"
      title=${msg(str`Listen to ${N_STEPS} weights between A and B before you blend.`)}
      @click=${() => void this.load(a, b)}
    >
      ${msg('Preview the morph')}
    </button>`;
  }

  private async load(a: PieceFile, b: PieceFile): Promise<void> {
    await interpolation.load(a, b, fusion.form);
    if (interpolation.steps.length > 0) resultView.show('preview');
  }
}

/** Returns the state as text, for screen readers. */
function statusText(isCurrent: boolean): string {
  if (!isCurrent) return '';
  if (interpolation.isLoading) return msg('Generating the previews');
  return interpolation.steps.length > 0 ? msg('The previews are ready: the weight selects one') : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'interpolation-preview': InterpolationPreview;
  }
}
