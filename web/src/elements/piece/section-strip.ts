import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { Section } from '../../api/types';
import { sectionNumber } from '../../music/blends/section-names';
import { base } from '../../style/controls';

const TINT_PERCENTS = [12, 30, 20, 38, 6, 25];

/**
 * A strip of a piece's sections, each as wide as it is long. Sections that sound alike share a tint.
 *
 * Attribute: `label`. Properties: `sections`, and `weights` by label (the share of B), which color the lower edge.
 */
@customElement('section-strip')
export class SectionStrip extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      ol {
        display: flex;
        gap: 2px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        flex: 1 1 0;
        min-width: 0;
        overflow: hidden;
        text-align: center;
        font-size: 0.8125rem;
        font-weight: 600;
        line-height: 1.25rem;
        color: var(--ink);
        background: color-mix(in srgb, var(--side, var(--mix)) var(--tint), var(--sheet));
        border-bottom: 3px solid var(--underline, transparent);
      }
      li:first-child {
        border-start-start-radius: var(--radius);
        border-end-start-radius: var(--radius);
      }
      li:last-child {
        border-start-end-radius: var(--radius);
        border-end-end-radius: var(--radius);
      }
    `,
  ];

  @property() label = '';
  @property({ attribute: false }) sections: readonly Section[] = [];
  @property({ attribute: false }) weights: Readonly<Record<string, number>> | null = null;

  override render() {
    const labels = [...new Set(this.sections.map((section) => section.label))];
    return html`<ol aria-label=${this.label}>
      ${this.sections.map((section) => this.renderSection(section, labels.indexOf(section.label)))}
    </ol>`;
  }

  private renderSection(section: Section, index: number) {
    const number = sectionNumber(section.label);
    const [first, last] = [section.first_bar + 1, section.first_bar + section.bars];
    const bars = msg(str`bars ${first} to ${last}`);
    const weight = this.weights?.[section.label];
    const underline = weight === undefined ? '' : `color-mix(in srgb, var(--b) ${weight * 100}%, var(--a))`;
    const style = styleMap({
      'flex-grow': String(section.bars),
      '--tint': `${TINT_PERCENTS[index % TINT_PERCENTS.length] ?? 12}%`,
      ...(underline === '' ? {} : { '--underline': underline }),
    });
    return html`<li style=${style} title=${msg(str`Section ${number}, ${bars}`)}>
      ${number}<span class="visually-hidden">, ${bars}</span>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'section-strip': SectionStrip;
  }
}
