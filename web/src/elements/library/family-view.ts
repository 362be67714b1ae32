import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { getFile } from '../../api/client';
import { getFamily } from '../../api/library';
import { toProblem } from '../../api/problem';
import type { Family, PieceFile, Problem, RelatedFile } from '../../api/types';
import { parentLetter } from '../../music/blends/blend-sources';
import { base, buttons } from '../../style/controls';
import { methodName, openUrl } from './library-text';
import '../common/error-message';
import '../player/play-button';

/** What a piece was made from, and what was made from it; each leads to its own family. Attribute: `file-id`. */
@customElement('family-view')
export class FamilyView extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        gap: 1.25rem;
      }
      h2 {
        font-size: 1.9rem;
        overflow-wrap: anywhere;
      }
      h3 {
        font-size: 1.35rem;
        margin-bottom: 0.5rem;
      }
      .steps {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr) minmax(0, 1fr);
        gap: 1.5rem;
        align-items: start;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        gap: 0.6rem;
      }
      .piece {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0.8rem;
        align-items: center;
        background: var(--sheet);
        border: 1.5px solid var(--line);
        border-radius: var(--radius);
        padding: 0.7rem 0.8rem;
        line-height: 1.3;
        overflow-wrap: anywhere;
      }
      .piece a {
        font-weight: 600;
      }
      .piece small {
        display: block;
        font-size: 0.875rem;
        color: var(--ink-soft);
      }
      .gone {
        grid-template-columns: minmax(0, 1fr);
      }
      .self {
        border: 2px solid var(--ink);
        padding: 1.1rem 1rem;
      }
      .self .button {
        margin-top: 0.7rem;
        justify-self: start;
        grid-column: 1 / -1;
      }
      b {
        font: italic 700 1.1em/1 var(--display);
      }
      b.a {
        color: var(--a-text);
      }
      b.b {
        color: var(--b-text);
      }
      @media (max-width: 48rem) {
        .steps {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';
  @state() private file: PieceFile | null = null;
  @state() private family: Family | null = null;
  @state() private problem: Problem | null = null;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('fileId')) void this.load();
  }

  override render() {
    if (this.problem !== null)
      return html`<error-message .problem=${this.problem} .retry=${() => this.load()}></error-message>`;
    if (this.file === null || this.family === null) return html`<p role="status">${msg('Loading…')}</p>`;
    return html`<h2>${msg(str`Family of ${this.file.title}`)}</h2>
      <div class="steps">
        <section aria-labelledby="parents">
          <h3 id="parents">${msg('Made from')}</h3>
          ${this.renderList(this.family.parents, msg('Nothing: it was uploaded or generated.'), true)}
        </section>
        <section aria-labelledby="self">
          <h3 id="self">${msg('This piece')}</h3>
          ${this.renderSelf(this.file)}
        </section>
        <section aria-labelledby="children">
          <h3 id="children">${msg('Made from it')}</h3>
          ${this.renderList(this.family.children, msg('Nothing yet.'), false)}
        </section>
      </div>`;
  }

  private renderSelf(file: PieceFile) {
    const related = { kind: file.kind, method: (file.provenance?.method ?? null) as RelatedFile['method'] };
    return html`<div class="piece self">
      <play-button file-id=${file.file_id} label=${file.title}></play-button>
      <span><strong>${file.title}</strong><small>${methodName(related)}</small></span>
      <a class="button" href=${openUrl(file)}>${msg('Open')}</a>
    </div>`;
  }

  private renderList(pieces: readonly RelatedFile[], empty: string, hasLetters: boolean) {
    if (pieces.length === 0) return html`<p class="soft">${empty}</p>`;
    return html`<ul>
      ${pieces.map((piece, index) => html`<li>${renderPiece(piece, hasLetters ? parentLetter(index) : '')}</li>`)}
    </ul>`;
  }

  private async load(): Promise<void> {
    const { fileId } = this;
    [this.file, this.family, this.problem] = [null, null, null];
    try {
      const [file, family] = await Promise.all([getFile(fileId), getFamily(fileId)]);
      if (fileId === this.fileId) [this.file, this.family] = [file, family];
    } catch (error) {
      if (fileId === this.fileId) this.problem = toProblem(error);
    }
  }
}

function renderPiece(piece: RelatedFile, letter: string) {
  const mark = letter === '' ? nothing : html`<b class=${letter.toLowerCase()}>${letter}</b> `;
  if (piece.file_id === '')
    return html`<div class="piece gone">
      <span>${mark}${piece.title}<small>${msg('No longer there')}</small></span>
    </div>`;
  return html`<div class="piece">
    <play-button file-id=${piece.file_id} label=${piece.title}></play-button>
    <span>
      ${mark}<a href="/library?family=${piece.file_id}">${piece.title}</a><small>${methodName(piece)}</small>
    </span>
  </div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'family-view': FamilyView;
  }
}
