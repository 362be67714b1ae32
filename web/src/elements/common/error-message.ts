import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Problem } from '../../api/contract';
import { problemMessage, problemReason } from '../../api/problem';
import { base } from '../../style/controls';

/** Says what went wrong. Property: `problem`, null for nothing. */
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
