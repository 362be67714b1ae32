import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { ATTRIBUTES, type Attribute } from '../../state/fusion-form';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base, fields } from '../../style/controls';
import '../form/optional-range';

const ATTRIBUTE_LABELS: Readonly<Record<Attribute, readonly [label: string, low: string, high: string]>> = {
  density: ['Density', 'fewer notes', 'more notes'],
  register: ['Register', 'lower', 'higher'],
  syncopation: ['Syncopation', 'on the beat', 'off the beat'],
  polyphony: ['Polyphony', 'single notes', 'fuller chords'],
};

/** Sliders for attributes of the blend. A slider that is not set changes nothing. */
@customElement('attribute-sliders')
export class AttributeSliders extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      :host {
        display: block;
      }
      summary {
        cursor: pointer;
        font-weight: 600;
        min-height: 1.75rem;
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr));
        gap: 1rem var(--gap);
        margin-top: 0.75rem;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  override render() {
    return html`<details ?open=${Object.keys(fusion.form.sliders).length > 0}>
      <summary>Adjust density, register and more</summary>
      <div class="grid" role="group" aria-label="Attributes">${ATTRIBUTES.map((name) => this.renderSlider(name))}</div>
    </details>`;
  }

  private renderSlider(name: Attribute) {
    const [label, low, high] = ATTRIBUTE_LABELS[name];
    return html`<optional-range
      label=${label}
      min-label=${low}
      max-label=${high}
      unset-label="unchanged"
      .value=${fusion.form.sliders[name] ?? null}
      @value-change=${(event: CustomEvent<number | null>) => this.setAttributeValue(name, event.detail)}
    ></optional-range>`;
  }

  private setAttributeValue(name: Attribute, value: number | null): void {
    const others = Object.fromEntries(Object.entries(fusion.form.sliders).filter(([other]) => other !== name));
    fusion.updateForm({ sliders: value === null ? others : { ...others, [name]: value } });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'attribute-sliders': AttributeSliders;
  }
}
