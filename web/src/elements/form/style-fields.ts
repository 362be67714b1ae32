import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base } from '../../style/controls';
import type { Choice } from './choice-field';
import './choice-field';

type StyleField = 'style' | 'styleA' | 'styleB';

/** The style of a generated piece, or of a hybrid's two parents. */
@customElement('style-fields')
export class StyleFields extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr));
        gap: 1rem var(--gap);
      }
      choice-field {
        max-width: 30rem;
      }
      .a,
      .b {
        max-width: none;
        background: var(--sheet);
        border: 1.5px solid var(--line);
        border-top: 6px solid var(--side);
        border-radius: var(--radius);
        padding: 0.9rem 1rem 1rem;
      }
      .a {
        --side: var(--a);
      }
      .b {
        --side: var(--b);
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  override render() {
    if (fusion.form.method === 'gan') return this.renderField('style', 'Style', '');
    return html`${this.renderField('styleA', 'Style of parent A', 'a')}
    ${this.renderField('styleB', 'Style of parent B', 'b')}`;
  }

  private renderField(name: StyleField, label: string, side: string) {
    const styleChoices = fusion.styles.map((style): Choice => [style.id, style.name]);
    const chosen = fusion.styles.find((style) => style.id === fusion.form[name]);
    const hint = fusion.styles.length === 0 ? 'Loading the styles…' : (chosen?.description ?? '');
    return html`<choice-field
      class=${side}
      label=${label}
      hint=${hint}
      .choices=${[['', 'Any (chosen by the seed)'], ...styleChoices]}
      .value=${fusion.form[name]}
      @value-change=${(event: CustomEvent<string>) => fusion.updateForm({ [name]: event.detail })}
    ></choice-field>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'style-fields': StyleFields;
  }
}
