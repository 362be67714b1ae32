import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Role } from '../../api/types';
import { formatPercent } from '../../music/format';
import { ROLE_NAMES, ROLES } from '../../music/roles';
import { CURVES, type Curve } from '../../state/fusion-form';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import './attribute-sliders';
import './ingredient-weights';
import './section-weights';
import './weight-slider';

const CURVE_NAMES: Readonly<Record<Curve, string>> = {
  steady: 'Constant',
  'a-to-b': 'Morph A to B',
  'b-to-a': 'Morph B to A',
  'there-and-back': 'A to B and back',
};

/** The weight of each parent: one weight, a morph over the piece, or a weight per ingredient, role or section. */
@customElement('blend-controls')
export class BlendControls extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: grid;
        gap: 1rem;
      }
      .curves {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      .curve {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        padding: 0.35rem 0.8rem 0.35rem 0.5rem;
        min-height: 2.5rem;
        border: 1.5px solid var(--edge);
        border-radius: var(--radius);
        background: var(--sheet);
        cursor: pointer;
        font-weight: 600;
        position: relative;
      }
      .curve:has(:checked) {
        background: var(--ink);
        border-color: var(--ink);
        color: var(--paper);
      }
      .curve:has(:focus-visible) {
        outline: 3px solid var(--focus);
        outline-offset: 3px;
      }
      .curve svg {
        width: 2.2rem;
        height: 1.3rem;
        fill: none;
        stroke: currentColor;
        stroke-width: 2.5;
        stroke-linecap: round;
        stroke-linejoin: round;
      }
      .own {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr));
        gap: 0.75rem var(--gap);
        margin-top: 0.75rem;
      }
      summary {
        cursor: pointer;
        font-weight: 600;
        min-height: 1.75rem;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  override render() {
    const { form } = fusion;
    const isConstant = form.curve === 'steady';
    return html`
      <fieldset class="curves">
        <legend>Weight over time</legend>
        ${(Object.keys(CURVES) as Curve[]).map((curve) => this.renderCurve(curve))}
      </fieldset>
      ${isConstant ? this.renderWeight() : nothing}
      <ingredient-weights></ingredient-weights>
      ${isConstant ? this.renderRoleWeights() : nothing}
      ${isConstant && form.method === 'vae' ? html`<section-weights></section-weights>` : nothing}
      <attribute-sliders></attribute-sliders>
    `;
  }

  private renderWeight() {
    return html`<weight-slider
      weight=${fusion.form.weight}
      label="Blend weight"
      @weight-change=${(event: CustomEvent<number>) => fusion.updateForm({ weight: event.detail })}
    ></weight-slider>`;
  }

  private renderCurve(curve: Curve) {
    return html`<label class="curve">
      <input
        class="visually-hidden"
        type="radio"
        name="curve"
        value=${curve}
        .checked=${fusion.form.curve === curve}
        @change=${() => fusion.updateForm({ curve })}
      />
      <svg viewBox="-3 -3 46 26" aria-hidden="true"><polyline points=${curvePoints(curve)} /></svg>
      ${CURVE_NAMES[curve]}
    </label>`;
  }

  private renderRoleWeights() {
    return html`<details ?open=${Object.keys(fusion.form.weights).length > 0}>
      <summary>Weight per role</summary>
      <div class="own">${ROLES.map((role) => this.renderRoleWeight(role))}</div>
    </details>`;
  }

  private renderRoleWeight(role: Role) {
    const { weights } = fusion.form;
    const roleWeight = weights[role];
    return html`<div>
      <label class="check">
        <input type="checkbox" .checked=${roleWeight !== undefined} @change=${() => this.toggleRole(role)} />
        Set ${ROLE_NAMES[role]} separately
      </label>
      ${
        roleWeight === undefined
          ? nothing
          : html`<weight-slider
              compact
              weight=${roleWeight}
              label="Blend weight of ${ROLE_NAMES[role]}"
              @weight-change=${(event: CustomEvent<number>) => fusion.updateForm({ weights: { ...weights, [role]: event.detail } })}
            ></weight-slider>`
      }
      ${roleWeight === undefined ? html`<span class="hint">same as the main weight, ${formatPercent(fusion.form.weight)} B</span>` : nothing}
    </div>`;
  }

  private toggleRole(role: Role): void {
    const { weight, weights } = fusion.form;
    const others = Object.fromEntries(Object.entries(weights).filter(([name]) => name !== role));
    fusion.updateForm({ weights: role in weights ? others : { ...weights, [role]: weight } });
  }
}

/** Returns the curve as a polyline of 40 by 20 units, with A at the bottom and B at the top. */
function curvePoints(curve: Curve): string {
  const points = CURVES[curve] ?? [
    [0, 0.5],
    [1, 0.5],
  ];
  return points.map(([position, weight]) => `${position * 40},${20 - weight * 20}`).join(' ');
}

declare global {
  interface HTMLElementTagNameMap {
    'blend-controls': BlendControls;
  }
}
