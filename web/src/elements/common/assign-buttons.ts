import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { fusion, type Side } from '../../state/fusion';
import { navigate } from '../../state/router';
import { base, buttons } from '../../style/controls';

/** Buttons that make a piece parent A or B of a blend. Attributes: `file-id`, `label`. */
@customElement('assign-buttons')
export class AssignButtons extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: inline-flex;
        flex-wrap: wrap;
        gap: 0.4rem;
      }
      button {
        min-height: 2.25rem;
        padding: 0.3rem 0.75rem;
        font-size: 0.9375rem;
        border-bottom-width: 4px;
      }
      .a {
        border-bottom-color: var(--a);
      }
      .b {
        border-bottom-color: var(--b);
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';

  override render() {
    return html`${this.renderButton('a')} ${this.renderButton('b')}`;
  }

  private renderButton(side: Side) {
    const text = msg(str`Use as ${side.toUpperCase()}`);
    return html`<button
      class=${side}
      type="button"
      aria-label="${text}: ${this.label}"
      @click=${() => this.assign(side)}
    >
      ${text}
    </button>`;
  }

  private assign(side: Side): void {
    fusion.updateForm({ method: 'vae' });
    void fusion.assignFile(side, this.fileId);
    navigate(fusion.url());
    scrollTo(0, 0);
    document.querySelector('segue-app')?.announce(msg(str`${this.label} is now piece ${side.toUpperCase()}`));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'assign-buttons': AssignButtons;
  }
}
