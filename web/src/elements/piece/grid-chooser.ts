import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { GridSource, Summary } from '../../api/types';
import { describeGrid } from '../../music/grid';
import { base, fields } from '../../style/controls';

/**
 * Where the beats of a piece come from: its file, or the notes of a piece that was played freely.
 *
 * Properties: `summary`, `label`, and `isBusy`, while a change is under way: after it, the menu shows what the server has. Event: `grid-change`, detail `{grid}`.
 */
@customElement('grid-chooser')
export class GridChooser extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 7rem;
        gap: 0 0.6rem;
        align-items: center;
        padding-block: 0.15rem;
        border-top: 1px solid var(--line);
      }
      span {
        line-height: 1.3;
        font-size: 0.9375rem;
      }
      select {
        min-height: 1.75rem;
        padding-block: 0.05rem;
        font-size: 0.9375rem;
      }
      @media (pointer: coarse) {
        select {
          min-height: 2.6rem;
        }
      }
      small {
        display: block;
        color: var(--ink-soft);
        font-size: 0.8125rem;
      }
    `,
  ];

  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) isBusy = false;
  /** The name of the piece, for screen readers. */
  @property() label = '';

  override shouldUpdate(): boolean {
    return !this.isBusy || !this.hasUpdated;
  }

  override render() {
    const { title, detail } = describeGrid(this.summary);
    return html`<span>${title}<small>${detail}</small></span>
      <select aria-label=${msg(str`Beat of ${this.label}`)} @change=${this.onChange}>
        <option value="found" .selected=${live(this.summary.grid === 'found')}>${msg('Found in the notes')}</option>
        <option value="file" .selected=${live(this.summary.grid === 'file')}>${msg('As in the file')}</option>
      </select>`;
  }

  private readonly onChange = (event: Event): void => {
    const grid = (event.target as HTMLSelectElement).value as GridSource;
    this.dispatchEvent(new CustomEvent('grid-change', { detail: { grid } }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'grid-chooser': GridChooser;
  }
}
