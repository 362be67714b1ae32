import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { hasShares } from '../../state/fusion/form';
import { fusion } from '../../state/fusion';
import { interpolation } from '../../state/fusion/interpolation';
import { resultView } from '../../state/result-view';
import { StoreController } from '../../state/store-controller';
import type { Curve } from '../../state/fusion/curves';
import { base, buttons, fields } from '../../style/controls';
import { loadElement, type LaterElement } from '../later';
import { blendControlsStyle } from './blend-controls-style';
import '../common/error-message';
import './ingredient-weights';
import './interpolation-preview';
import './piece-shares';
import './weight-slider';

type Panel = 'ingredients' | 'time' | 'parts' | 'sections' | 'shape' | 'settings';

const PANEL_NAMES: Readonly<Record<Panel, () => string>> = {
  ingredients: () => msg('Ingredients'),
  time: () => msg('Mix over time'),
  parts: () => msg('Parts'),
  sections: () => msg('Sections'),
  shape: () => msg('Shape the result'),
  settings: () => msg('Settings'),
};
/** Elements of panels that are loaded when they are shown. */
const PANEL_ELEMENTS: Readonly<Partial<Record<Panel, LaterElement>>> = {
  time: 'curve-editor',
  parts: 'role-weights',
  sections: 'section-weights',
  shape: 'attribute-sliders',
  settings: 'piece-controls',
};
const SHARE_PANELS: readonly Panel[] = ['shape', 'settings'];

/** How the pieces are mixed: the weight of B, or the shares of more pieces, and everything that refines it. */
@customElement('blend-controls')
export class BlendControls extends LitElement {
  static override readonly styles = [base, buttons, fields, blendControlsStyle];

  @state() private chosen: Panel = 'ingredients';

  constructor() {
    super();
    new StoreController(this, fusion, interpolation);
  }

  override render() {
    const panel = this.panels.includes(this.chosen) ? this.chosen : (this.panels[0] ?? 'settings');
    return html`
      <div class="main ${hasShares(fusion.form) ? 'shares' : ''}">
        ${hasShares(fusion.form) ? nothing : this.renderWeight()}
        <span class="blocker"><slot name="why"></slot></span>
      </div>
      ${hasShares(fusion.form) ? html`<piece-shares></piece-shares>` : nothing}
      <div class="row">
        <slot></slot>
        ${fusion.form.method === 'vae' ? html`<interpolation-preview></interpolation-preview>` : nothing}
        <error-message .problem=${interpolation.problem} .retry=${interpolation.retry}></error-message>
      </div>
      <div role="tablist" class="tabs" data-scrolls aria-label=${msg('What to mix')} @keydown=${this.onKeyDown}>
        ${this.panels.map((each) => this.renderTab(each, each === panel))}
      </div>
      <div class="panel" role="tabpanel" id="panel" aria-labelledby=${`tab-${panel}`} data-panel=${panel}>
        ${this.renderPanel(panel)}
      </div>
    `;
  }

  private get panels(): readonly Panel[] {
    if (hasShares(fusion.form)) return SHARE_PANELS;
    const all = Object.keys(PANEL_NAMES) as Panel[];
    return fusion.form.method === 'vae' ? all : all.filter((panel) => panel !== 'sections');
  }

  private renderWeight() {
    const { form } = fusion;
    if (form.curve === null)
      return html`<weight-slider
        weight=${form.weight}
        label=${msg('Blend weight')}
        @weight-change=${(event: CustomEvent<number>) => this.setWeight(event.detail)}
      ></weight-slider>`;
    return html`<p class="over-time">
      ${msg('The weight changes over time.')}
      <button type="button" @click=${() => fusion.updateForm({ curve: null })}>${msg('Use one weight')}</button>
    </p>`;
  }

  /** The one slider from A to B. With previews, it selects the one that is shown and plays. */
  private setWeight(weight: number): void {
    fusion.updateForm({ weight });
    if (interpolation.steps.length > 0 && interpolation.matchesForm(fusion)) resultView.show('preview');
  }

  private renderTab(panel: Panel, isSelected: boolean) {
    const count = countSet(panel);
    return html`<button
      type="button"
      role="tab"
      id=${`tab-${panel}`}
      aria-selected=${isSelected ? 'true' : 'false'}
      aria-controls="panel"
      tabindex=${isSelected ? 0 : -1}
      @click=${() => (this.chosen = panel)}
    >
      ${PANEL_NAMES[panel]()}${
        count === 0
          ? nothing
          : html`<span class="count" aria-hidden="true">${count}</span
              ><span class="visually-hidden">${msg(str`, ${count} set`)}</span>`
      }
    </button>`;
  }

  private renderPanel(panel: Panel) {
    const element = PANEL_ELEMENTS[panel];
    if (element !== undefined) loadElement(element);
    const isOverTime = fusion.form.curve !== null && (panel === 'parts' || panel === 'sections');
    if (isOverTime)
      return html`<p class="hint">
        ${msg('The mix over time replaces these weights. Choose Constant there to set them.')}
      </p>`;
    const panels = {
      ingredients: () => html`<ingredient-weights></ingredient-weights>`,
      time: () =>
        html`<curve-editor
          .curve=${fusion.form.curve}
          .weight=${fusion.form.weight}
          .nBars=${resultView.bars_s.length || (fusion.slots.a.file?.summary?.bars ?? 0)}
          @curve-change=${(event: CustomEvent<Curve | null>) => fusion.updateForm({ curve: event.detail })}
        ></curve-editor>`,
      parts: () => html`<role-weights></role-weights>`,
      sections: () => html`<section-weights></section-weights>`,
      shape: () => html`<attribute-sliders></attribute-sliders>`,
      settings: () => html`<piece-controls></piece-controls>`,
    };
    return panels[panel]();
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const { panels } = this;
    const index = panels.indexOf(this.chosen);
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: (index + 1) % panels.length,
      ArrowLeft: (index + panels.length - 1) % panels.length,
      Home: 0,
      End: panels.length - 1,
    };
    const target = panels[targets[event.key] ?? -1];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.chosen = target;
    this.renderRoot.querySelector<HTMLElement>(`#tab-${target}`)?.focus();
  };
}

/** Returns how many settings of a panel are not as they are at first. */
function countSet(panel: Panel): number {
  const { form } = fusion;
  const sizes: Readonly<Record<Panel, () => number>> = {
    ingredients: () => Object.keys(form.ingredients).length,
    time: () => (form.curve === null ? 0 : 1),
    parts: () => (form.curve === null ? Object.keys(form.weights).length : 0),
    sections: () => (form.curve === null ? Object.keys(form.sectionWeights).length : 0),
    shape: () =>
      [form.sliders, ...Object.values(form.roleSliders)].reduce((sum, each) => sum + Object.keys(each).length, 0),
    settings: () =>
      [form.key, form.seed, form.meterPolicy, form.bpm ?? '', form.temperature ?? ''].filter((each) => each !== '')
        .length + (form.ends === 'original' ? 1 : 0),
  };
  return sizes[panel]();
}

declare global {
  interface HTMLElementTagNameMap {
    'blend-controls': BlendControls;
  }
}
