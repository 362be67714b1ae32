import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Problem } from '../api/contract';
import { messageOf, reasonOf } from '../api/problem';
import { base } from '../style/controls';

/** Says what went wrong. Property: `problem`, null for nothing. */
@customElement('problem-note')
export class ProblemNote extends LitElement {
  static override readonly styles = base;

  @property({ attribute: false }) problem: Problem | null = null;

  override render() {
    if (this.problem === null) return nothing;
    const message = messageOf(this.problem);
    const title = message.startsWith(this.problem.title) ? nothing : html`<strong>${this.problem.title}</strong>`;
    return html`<div class="problem" role="alert" data-reason=${reasonOf(this.problem)}>${title}${message}</div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'problem-note': ProblemNote;
  }
}
