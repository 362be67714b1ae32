import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { GridSource, Summary } from '../../api/types';
import { describeGrid } from '../../music/grid';
import { base, fields } from '../../style/controls';

/**
 * Where the beats of a piece come from: its file, or the notes of a piece that was played freely.
 *
 * Properties: `summary`, `label`. Event: `grid-change`, detail `{grid}`.
 */
@customElement('grid-chooser')
export class GridChooser extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(7.5rem, auto);
        gap: 0.2rem 0.75rem;
        align-items: center;
        padding-block: 0.4rem;
        border-top: 1px solid var(--line);
      }
      span {
        line-height: 1.3;
      }
      small {
        display: block;
        color: var(--ink-soft);
        font-size: 0.8125rem;
      }
    `,
  ];

  @property({ attribute: false }) summary!: Summary;
  /** The name of the piece, for screen readers. */
  @property() label = '';

  override render() {
    const { title, detail } = describeGrid(this.summary);
    return html`<span>${title}<small>${detail}</small></span>
      <select aria-label="Beat of ${this.label}" @change=${this.onChange}>
        <option value="found" ?selected=${this.summary.grid === 'found'}>Found in the notes</option>
        <option value="file" ?selected=${this.summary.grid === 'file'}>As in the file</option>
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
