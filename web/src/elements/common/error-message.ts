import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { problemMessage, problemReason } from '../../api/problem';
import type { Problem } from '../../api/types';
import { base } from '../../style/controls';

/** Shows a problem. Property: `problem`; null shows nothing. */
@customElement('error-message')
export class ErrorMessage extends LitElement {
  static override readonly styles = base;

  @property({ attribute: false }) problem: Problem | null = null;

  override render() {
    if (this.problem === null) return nothing;
    const message = problemMessage(this.problem);
    const title = message.startsWith(this.problem.title) ? nothing : html`<strong>${this.problem.title}</strong>`;
    return html`<div class="problem" role="alert" data-reason=${problemReason(this.problem)}>${title}${message}</div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'error-message': ErrorMessage;
  }
}
