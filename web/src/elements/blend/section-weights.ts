import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Section } from '../../api/types';
import { describeSectionBars, sectionLabels, sectionNumber } from '../../music/blends/section-names';
import { fusion } from '../../state/fusion';
import { sections } from '../../state/sections';
import { StoreController } from '../../state/store-controller';
import { base, fields } from '../../style/controls';
import { formatShares } from './weight-slider';
import './own-weight';
import '../piece/section-strip';

/** A weight for each section of piece A. Sections that sound alike share one. */
@customElement('section-weights')
export class SectionWeights extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      :host {
        display: grid;
        gap: 0.5rem;
      }
      .own {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr));
        gap: 0.3rem 1.4rem;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion, sections);
  }

  override render() {
    const { file } = fusion.slots.a;
    const pieceSections = sections.get(file);
    const labels = sectionLabels(pieceSections) ?? [];
    if (file === null) return html`<p class="hint">${msg('Add piece A to see its sections.')}</p>`;
    if (pieceSections === null || labels.length < 2)
      return html`<p class="hint">${msg('Piece A has a single section.')}</p>`;
    const { weight, sectionWeights } = fusion.form;
    const weights = Object.fromEntries(labels.map((label) => [label, sectionWeights[label] ?? weight]));
    return html`<section-strip
        label=${msg('Sections of piece A and their weights')}
        .sections=${pieceSections}
        .weights=${weights}
      ></section-strip>
      <div class="own">${labels.map((label) => this.renderSection(label, pieceSections))}</div>`;
  }

  private renderSection(label: string, pieceSections: readonly Section[]) {
    const { weight, sectionWeights } = fusion.form;
    const number = sectionNumber(label);
    return html`<own-weight
      name=${msg(str`Section ${number}`)}
      hint=${describeSectionBars(pieceSections, label)}
      label=${msg(str`Blend weight of section ${number}`)}
      inherited=${msg(str`${formatShares(weight)}, as the main weight`)}
      .weight=${sectionWeights[label] ?? null}
      .followed=${weight}
      @weight-change=${(event: CustomEvent<number | null>) => this.setWeight(label, event.detail)}
    ></own-weight>`;
  }

  private setWeight(label: string, weight: number | null): void {
    const others = Object.entries(fusion.form.sectionWeights).filter(([name]) => name !== label);
    const sectionWeights = Object.fromEntries(others);
    fusion.updateForm({ sectionWeights: weight === null ? sectionWeights : { ...sectionWeights, [label]: weight } });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'section-weights': SectionWeights;
  }
}
