import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Section } from '../../api/contract';
import { barRanges } from '../../music/format';
import { fusion } from '../../state/fusion';
import { sectionLabels, sections } from '../../state/sections';
import { StoreController } from '../../state/store-controller';
import { base, fields } from '../../style/controls';
import '../piece/section-strip';
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
    new StoreController(this, fusion, sections);
  }

  override render() {
    const pieceSections = sections.get(fusion.slots.a.file);
    const labels = sectionLabels(pieceSections) ?? [];
    if (pieceSections === null || labels.length < 2) return nothing;
    const { weight, sectionWeights } = fusion.form;
    const weights = Object.fromEntries(labels.map((label) => [label, sectionWeights[label] ?? weight]));
    return html`<details ?open=${labels.some((label) => label in sectionWeights)}>
      <summary>A weight for each section</summary>
      <section-strip label="Sections of piece A by their weights" .sections=${pieceSections} .weights=${weights}>
      </section-strip>
      <div class="own">${labels.map((label) => this.renderSectionWeight(label, pieceSections))}</div>
    </details>`;
  }

  private renderSectionWeight(label: string, pieceSections: readonly Section[]) {
    const { weight, sectionWeights } = fusion.form;
    const sectionWeight = sectionWeights[label];
    return html`<div>
      <label class="check">
        <input type="checkbox" .checked=${sectionWeight !== undefined} @change=${() => this.toggleSection(label)} />
        <span>Section ${label} by itself <span class="hint">${barRanges(pieceSections, label)}</span></span>
      </label>
      ${
        sectionWeight === undefined
          ? html`<span class="hint">follows the main weight, ${Math.round(weight * 100)} % B</span>`
          : html`<weight-slider
              compact
              weight=${sectionWeight}
              label="Weight of section ${label} from A to B"
              @weigh=${(event: CustomEvent<number>) => this.setWeight(label, event.detail)}
            ></weight-slider>`
      }
    </div>`;
  }

  private setWeight(label: string, weight: number): void {
    fusion.updateForm({ sectionWeights: { ...fusion.form.sectionWeights, [label]: weight } });
  }

  private toggleSection(label: string): void {
    const { weight, sectionWeights } = fusion.form;
    const others = Object.fromEntries(Object.entries(sectionWeights).filter(([name]) => name !== label));
    fusion.updateForm({ sectionWeights: label in sectionWeights ? others : { ...sectionWeights, [label]: weight } });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'section-weights': SectionWeights;
  }
}
