import { msg } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { describeSource, type BlendSources } from '../../music/blends/blend-sources';
import { INGREDIENT_NAMES } from '../../music/blends/ingredients';
import { base } from '../../style/controls';
import { sourceStripStyle } from './source-strip-style';

/** What came from whom in a blend, as a table that opens: a row for each bar. Property: `sources`. */
@customElement('source-table')
export class SourceTable extends LitElement {
  static override readonly styles = [base, sourceStripStyle];

  @property({ attribute: false }) sources!: BlendSources;
  @state() private isOpen = false;

  override render() {
    return html`<details @toggle=${this.onToggle}>
      <summary>${msg('Show as a table')}</summary>
      ${this.isOpen ? this.renderTable() : nothing}
    </details>`;
  }

  private renderTable() {
    const { rows, nBars, origins } = this.sources;
    return html`<div class="scroll" role="region" aria-label=${msg('Who gave what, as a table')} tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">${msg('Bar')}</th>
            ${rows.map((row) => html`<th scope="col">${INGREDIENT_NAMES[row.ingredient]}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${Array.from(
            { length: nBars },
            (_, bar) =>
              html`<tr>
                <th scope="row">${bar + 1}</th>
                ${rows.map((row) => html`<td>${describeSource(row.bars[bar] ?? 'rest', origins, bar)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  private readonly onToggle = (event: Event): void => {
    this.isOpen = (event.target as HTMLDetailsElement).open;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'source-table': SourceTable;
  }
}
