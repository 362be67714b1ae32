import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { problemMessage } from '../../api/problem';
import type { LibraryItem } from '../../api/types';
import { parentLetter } from '../../music/blends/blend-sources';
import { library } from '../../state/library';
import { base, buttons, fields } from '../../style/controls';
import { deleteIcon, familyIcon, renameIcon, starIcon, starredIcon } from '../common/icons';
import { libraryRowStyle } from './library-row-style';
import { ageText, expiryText, methodName, openUrl, summaryText } from './library-text';
import '../player/play-button';
import '../share/share-button';
import './mix-picture';

/** An entry of the library: what it is, and all that can be done with it. Property: `item`. */
@customElement('library-row')
export class LibraryRow extends LitElement {
  static override readonly styles = [base, buttons, fields, libraryRowStyle];

  @property({ attribute: false }) item!: LibraryItem;
  @state() private isRenaming = false;
  @state() private nameProblem = '';
  @query('form input') private readonly input!: HTMLInputElement | null;
  @query('.rename') private readonly renameButton!: HTMLButtonElement | null;

  override render() {
    const { item } = this;
    return html`<article aria-label=${item.title}>
      <play-button file-id=${item.file_id} label=${item.title}></play-button>
      <div class="title">
        ${this.isRenaming ? this.renderForm() : html`<h2><a href=${openUrl(item)}>${item.title}</a></h2>`}
        <p class="origin">${methodName(item)}${this.renderParents()}</p>
        <p class="facts">${summaryText(item)}</p>
      </div>
      <mix-picture .item=${item}></mix-picture>
      <p class="time">
        <span><time datetime=${item.created_at}>${ageText(item.created_at)}</time></span>
        <span>${expiryText(item)}</span>
      </p>
      ${this.renderActions()}
    </article>`;
  }

  /** The parents as links to their place in the family. */
  private renderParents() {
    const { parents } = this.item;
    if (parents.length === 0) return nothing;
    return html`:
    ${parents.map((parent, index) => {
      const letter = parentLetter(index);
      const title =
        parent.file_id === '' ? parent.title : html`<a href="/library?family=${parent.file_id}">${parent.title}</a>`;
      return html`${index === 0 ? nothing : ', '}<b class=${letter.toLowerCase()}>${letter}</b> ${title}`;
    })}`;
  }

  private renderActions() {
    const { item } = this;
    const hasFamily = item.parents.length > 0 || item.n_children > 0;
    return html`<div class="actions">
      <button
        class="quiet star"
        type="button"
        aria-pressed=${item.starred ? 'true' : 'false'}
        aria-label=${msg(str`Star ${item.title}`)}
        title=${item.starred ? msg('Starred: never expires') : msg('Star: never expires')}
        @click=${() => void library.toggleStar(item)}
      >
        ${item.starred ? starredIcon : starIcon}
      </button>
      <button
        class="quiet rename"
        type="button"
        aria-label=${msg(str`Rename ${item.title}`)}
        title=${msg('Rename')}
        @click=${this.startRenaming}
      >
        ${renameIcon}
      </button>
      ${
        hasFamily
          ? html`<a
              class="button quiet"
              href="/library?family=${item.file_id}"
              aria-label=${msg(str`Family of ${item.title}`)}
              title=${msg('Family')}
              >${familyIcon}</a
            >`
          : html`<span></span>`
      }
      <share-button icon file-id=${item.file_id} label=${item.title}></share-button>
      <button
        class="quiet delete"
        type="button"
        aria-label=${msg(str`Delete ${item.title}`)}
        title=${msg('Delete')}
        @click=${this.onDelete}
      >
        ${deleteIcon}
      </button>
    </div>`;
  }

  private renderForm() {
    return html`<form @submit=${this.onSubmit} novalidate>
      <input
        aria-label=${msg(str`New name of ${this.item.title}`)}
        aria-invalid=${this.nameProblem === '' ? 'false' : 'true'}
        .value=${this.item.title}
        autocomplete="off"
        @keydown=${this.onKeyDown}
      />
      <button type="submit">${msg('Save')}</button>
      <button class="quiet" type="button" @click=${() => void this.stopRenaming()}>${msg('Cancel')}</button>
      ${this.nameProblem === '' ? nothing : html`<p class="problem" role="alert">${this.nameProblem}</p>`}
    </form>`;
  }

  private readonly startRenaming = async (): Promise<void> => {
    this.isRenaming = true;
    this.nameProblem = '';
    await this.updateComplete;
    this.input?.select();
    this.input?.focus();
  };

  private async stopRenaming(): Promise<void> {
    this.isRenaming = false;
    await this.updateComplete;
    this.renameButton?.focus();
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    void this.stopRenaming();
  };

  private readonly onSubmit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = this.input?.value.trim() ?? '';
    if (name !== this.item.title) {
      const problem = await library.rename(this.item, name);
      if (problem !== null) {
        this.nameProblem = problemMessage(problem);
        this.input?.focus();
        return;
      }
    }
    await this.stopRenaming();
  };

  private readonly onDelete = (): void => {
    this.dispatchEvent(new CustomEvent('leave', { bubbles: true }));
    void library.remove(this.item);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'library-row': LibraryRow;
  }
}
