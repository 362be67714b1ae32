import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Section } from '../api/contract';
import { placesOf } from '../music/made';
import { fusion } from '../state/fusion';
import { labelsOf, sections } from '../state/sections';
import { Watch } from '../state/watch';
import { base, fields } from '../style/controls';
import './section-strip';
import './weight-slider';

/** A weight for each section of piece A; those that are alike go together. */
@customElement('section-weights')
export class SectionWeights extends LitElement {
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
      section-strip {
        margin-block: 0.75rem;
      }
      .own {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
        gap: 0.75rem var(--gap);
      }
    `,
  ];

  constructor() {
    super();
    new Watch(this, fusion, sections);
  }

  override render() {
    const found = sections.of(fusion.slots.a.file);
    const labels = labelsOf(found) ?? [];
    if (found === null || labels.length < 2) return nothing;
    const { weight, sectionWeights } = fusion.form;
    const weights = Object.fromEntries(labels.map((label) => [label, sectionWeights[label] ?? weight]));
    return html`<details ?open=${labels.some((label) => label in sectionWeights)}>
      <summary>A weight for each section</summary>
      <section-strip label="Sections of piece A by their weights" .sections=${found} .weights=${weights}>
      </section-strip>
      <div class="own">${labels.map((label) => this.ownWeight(label, found))}</div>
    </details>`;
  }

  private ownWeight(label: string, found: readonly Section[]) {
    const { weight, sectionWeights } = fusion.form;
    const own = sectionWeights[label];
    return html`<div>
      <label class="check">
        <input type="checkbox" .checked=${own !== undefined} @change=${() => this.toggle(label)} />
        <span>Section ${label} by itself <span class="hint">${placesOf(found, label)}</span></span>
      </label>
      ${
        own === undefined
          ? html`<span class="hint">follows the main weight, ${Math.round(weight * 100)} % B</span>`
          : html`<weight-slider
              compact
              weight=${own}
              label="Weight of section ${label} from A to B"
              @weigh=${(event: CustomEvent<number>) => this.weigh(label, event.detail)}
            ></weight-slider>`
      }
    </div>`;
  }

  private weigh(label: string, weight: number): void {
    fusion.set({ sectionWeights: { ...fusion.form.sectionWeights, [label]: weight } });
  }

  private toggle(label: string): void {
    const { weight, sectionWeights } = fusion.form;
    const others = Object.fromEntries(Object.entries(sectionWeights).filter(([name]) => name !== label));
    fusion.set({ sectionWeights: label in sectionWeights ? others : { ...sectionWeights, [label]: weight } });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'section-weights': SectionWeights;
  }
}
