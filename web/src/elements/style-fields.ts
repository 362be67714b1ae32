import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { fusion } from '../state/fusion';
import { Watch } from '../state/watch';
import { base } from '../style/controls';
import type { Choice } from './choice-field';
import './choice-field';

type StyleName = 'style' | 'styleA' | 'styleB';

/** The style of a new piece, or of a hybrid's two parents. */
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
    new Watch(this, fusion);
  }

  override render() {
    if (fusion.form.method === 'gan') return this.field('style', 'Style', '');
    return html`${this.field('styleA', 'Style of parent A', 'a')} ${this.field('styleB', 'Style of parent B', 'b')}`;
  }

  private field(name: StyleName, label: string, side: string) {
    const named = fusion.styles.map((style): Choice => [style.id, style.name]);
    const chosen = fusion.styles.find((style) => style.id === fusion.form[name]);
    const hint = fusion.styles.length === 0 ? 'The styles have not come yet.' : (chosen?.description ?? '');
    return html`<choice-field
      class=${side}
      label=${label}
      hint=${hint}
      .choices=${[['', 'Any: drawn from the seed'], ...named]}
      .value=${fusion.form[name]}
      @choose=${(event: CustomEvent<string>) => fusion.set({ [name]: event.detail })}
    ></choice-field>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'style-fields': StyleFields;
  }
}
