import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { ROLES, type Role } from '../api/contract';
import { ROLE_NAMES } from '../music/roles';
import { fusion } from '../state/fusion';
import { CURVES, type Curve } from '../state/request';
import { Watch } from '../state/watch';
import { base, buttons, fields } from '../style/controls';
import './attribute-sliders';
import './section-weights';
import './weight-slider';

const CURVE_NAMES: Readonly<Record<Curve, string>> = {
  steady: 'Steady',
  'a-to-b': 'Morph A to B',
  'b-to-a': 'Morph B to A',
  'there-and-back': 'There and back',
};

/** How much of each parent: one weight, a morph over the piece, or a weight for each role. */
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
    new Watch(this, fusion);
  }

  override render() {
    const { form } = fusion;
    const isSteady = form.curve === 'steady';
    return html`
      <fieldset class="curves">
        <legend>How the weight goes over the piece</legend>
        ${(Object.keys(CURVES) as Curve[]).map((curve) => this.curve(curve))}
      </fieldset>
      ${
        isSteady
          ? html`<weight-slider
                weight=${form.weight}
                label="Weight from A to B"
                @weigh=${(event: CustomEvent<number>) => fusion.set({ weight: event.detail })}
              ></weight-slider>
              ${this.ownWeights()} ${form.method === 'vae' ? html`<section-weights></section-weights>` : nothing}`
          : nothing
      }
      <attribute-sliders></attribute-sliders>
    `;
  }

  private curve(curve: Curve) {
    return html`<label class="curve">
      <input
        class="visually-hidden"
        type="radio"
        name="curve"
        value=${curve}
        .checked=${fusion.form.curve === curve}
        @change=${() => fusion.set({ curve })}
      />
      <svg viewBox="-3 -3 46 26" aria-hidden="true"><polyline points=${pointsOf(curve)} /></svg>
      ${CURVE_NAMES[curve]}
    </label>`;
  }

  private ownWeights() {
    return html`<details ?open=${Object.keys(fusion.form.weights).length > 0}>
      <summary>A weight for each role</summary>
      <div class="own">${ROLES.map((role) => this.ownWeight(role))}</div>
    </details>`;
  }

  private ownWeight(role: Role) {
    const { weights } = fusion.form;
    const own = weights[role];
    return html`<div>
      <label class="check">
        <input type="checkbox" .checked=${own !== undefined} @change=${() => this.toggle(role)} />
        ${ROLE_NAMES[role]} by itself
      </label>
      ${
        own === undefined
          ? nothing
          : html`<weight-slider
              compact
              weight=${own}
              label="Weight of ${ROLE_NAMES[role]} from A to B"
              @weigh=${(event: CustomEvent<number>) => fusion.set({ weights: { ...weights, [role]: event.detail } })}
            ></weight-slider>`
      }
      ${own === undefined ? html`<span class="hint">${this.ownHint(role)}</span>` : nothing}
    </div>`;
  }

  private ownHint(role: Role): string {
    const { method, weight } = fusion.form;
    if (method === 'hybrid' && (role === 'harmony' || role === 'bass')) {
      return `${weight > 0.5 ? "B's" : "A's"}, so that one band plays`;
    }
    return `follows the main weight, ${Math.round(weight * 100)} % B`;
  }

  private toggle(role: Role): void {
    const { weight, weights } = fusion.form;
    const others = Object.fromEntries(Object.entries(weights).filter(([name]) => name !== role));
    fusion.set({ weights: role in weights ? others : { ...weights, [role]: weight } });
  }
}

/** The curve as a polyline 40 wide and 20 high: B is up. */
function pointsOf(curve: Curve): string {
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
