import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base } from '../../style/controls';
import type { Choice } from './choice-field';
import './choice-field';

type StyleField = 'style' | 'styleA' | 'styleB';

/** The style of a generated piece, or of one of the two that are blended. Attribute: `of`, `style`, `styleA` or `styleB`. */
@customElement('style-fields')
export class StyleFields extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      :host([of='styleA']) {
        --side: var(--a);
      }
      :host([of='styleB']) {
        --side: var(--b);
      }
      :host(:not([of='style'])) section {
        height: 100%;
        background: var(--sheet);
        border: 1.5px solid var(--line);
        border-top: 5px solid var(--side);
        border-radius: var(--radius);
        padding: 0.6rem 0.9rem 0.9rem;
        overflow: auto;
      }
      h2 {
        font-size: 1.35rem;
        margin-bottom: 0.6rem;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  @property({ reflect: true }) of: StyleField = 'style';

  override render() {
    const titles: Readonly<Record<StyleField, string>> = {
      style: '',
      styleA: msg('Piece A is generated'),
      styleB: msg('Piece B is generated'),
    };
    return html`<section>
      ${titles[this.of] === '' ? nothing : html`<h2>${titles[this.of]}</h2>`} ${this.renderField()}
    </section>`;
  }

  private renderField() {
    const labels: Readonly<Record<StyleField, string>> = {
      style: msg('Style'),
      styleA: msg('Style of piece A'),
      styleB: msg('Style of piece B'),
    };
    const styleChoices = fusion.styles.map((style): Choice => [style.id, style.name]);
    const chosen = fusion.styles.find((style) => style.id === fusion.form[this.of]);
    const hint = fusion.styles.length === 0 ? msg('Loading the styles…') : (chosen?.description ?? '');
    return html`<choice-field
      label=${labels[this.of]}
      hint=${hint}
      .choices=${[['', msg('Surprise me')], ...styleChoices]}
      .value=${fusion.form[this.of]}
      @value-change=${(event: CustomEvent<string>) => fusion.updateForm({ [this.of]: event.detail })}
    ></choice-field>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'style-fields': StyleFields;
  }
}
