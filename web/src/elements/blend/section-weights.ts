import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Section } from '../../api/types';
import { formatPercent } from '../../music/format';
import { describeSectionBars, sectionLabels, sectionNumeral } from '../../music/section-names';
import { fusion } from '../../state/fusion';
import { sections } from '../../state/sections';
import { StoreController } from '../../state/store-controller';
import { base, fields } from '../../style/controls';
import '../piece/section-strip';
import './weight-slider';

/** A weight for each section of piece A. Sections that sound alike share one. */
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
      <summary>Weight per section</summary>
      <section-strip label="Sections of piece A and their weights" .sections=${pieceSections} .weights=${weights}>
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
        <span
          >Set section ${sectionNumeral(label)} separately
          <span class="hint">${describeSectionBars(pieceSections, label)}</span></span
        >
      </label>
      ${
        sectionWeight === undefined
          ? html`<span class="hint">same as the main weight, ${formatPercent(weight)} B</span>`
          : html`<weight-slider
              compact
              weight=${sectionWeight}
              label="Blend weight of section ${sectionNumeral(label)}"
              @weight-change=${(event: CustomEvent<number>) => this.setWeight(label, event.detail)}
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
