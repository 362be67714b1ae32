import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { LibraryItem } from '../api/types';
import { KINDS, library, type Kind, type View } from '../state/library';
import { player } from '../state/player';
import { onNavigation, setQuery } from '../state/router';
import { StoreController } from '../state/store-controller';
import { base, buttons, fields } from '../style/controls';
import '../elements/common/error-message';
import { starIcon, starredIcon } from '../elements/common/icons';
import '../elements/library/family-view';
import '../elements/library/job-row';
import '../elements/library/library-row';
import '../elements/library/undo-bar';
import { libraryPageStyle } from './library-page-style';

const KIND_NAMES: Readonly<Record<Kind, () => string>> = {
  all: () => msg('Everything'),
  blends: () => msg('Blends'),
  generated: () => msg('Generated pieces'),
  hybrids: () => msg('Generated and blended'),
  uploads: () => msg('Uploaded MIDI'),
  recordings: () => msg('Recordings'),
  previews: () => msg('Previews of morphs'),
};
const SEARCH_DELAY_MS = 200;

/** The library: everything that was uploaded, blended or generated, to play, open, name, star and delete. */
@customElement('library-page')
export class LibraryPage extends LitElement {
  static override readonly styles = [base, buttons, fields, libraryPageStyle];

  @state() private familyId: string | null = null;
  @query('#list') private readonly list!: HTMLElement | null;
  private searchTimer: ReturnType<typeof setTimeout> | undefined;
  private unsubscribe?: () => void;

  constructor() {
    super();
    new StoreController(this, library, player);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unsubscribe = onNavigation(() => this.readUrl());
    this.readUrl();
    library.connect();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
    clearTimeout(this.searchTimer);
    library.disconnect();
  }

  override render() {
    return html`<h1>${msg('Library')}</h1>
      ${this.familyId === null ? this.renderLibrary() : this.renderFamily(this.familyId)}
      ${
        library.undo === null
          ? nothing
          : html`<undo-bar
              class=${player.piece === null ? '' : 'raised'}
              .undo=${library.undo}
              @restore=${() => void library.restore()}
              @forget=${() => library.forgetUndo()}
            ></undo-bar>`
      }`;
  }

  private renderFamily(fileId: string) {
    return html`<p class="back"><a href="/library">${msg('Back to the whole library')}</a></p>
      <family-view file-id=${fileId}></family-view>`;
  }

  private renderLibrary() {
    const { items, jobs } = library;
    return html`<p class="lead">
        ${msg('Everything that you upload, blend or generate is listed here. Starred pieces never expire.')}
      </p>
      ${this.renderTools()}
      <error-message .problem=${library.problem} .retry=${() => library.refresh()}></error-message>
      ${
        items === null
          ? library.problem === null
            ? html`<p role="status">${msg('Loading the library…')}</p>`
            : nothing
          : items.length === 0 && jobs.length === 0
            ? this.renderEmpty()
            : this.renderList(items)
      }`;
  }

  private renderTools() {
    const { view } = library;
    return html`<div class="tools" role="search">
      <label class="field search">
        <span>${msg('Search')}</span>
        <input
          type="search"
          .value=${view.words}
          placeholder=${msg('Title, style or parent')}
          @input=${this.onSearch}
        />
      </label>
      <label class="field">
        <span>${msg('Show')}</span>
        <select @change=${this.onKind}>
          ${(Object.keys(KINDS) as Kind[]).map(
            (kind) => html`<option value=${kind} ?selected=${kind === view.kind}>${KIND_NAMES[kind]()}</option>`,
          )}
        </select>
      </label>
      <button
        class="starred"
        type="button"
        aria-pressed=${view.onlyStarred ? 'true' : 'false'}
        @click=${() => this.setView({ onlyStarred: !view.onlyStarred })}
      >
        ${view.onlyStarred ? starredIcon : starIcon} ${msg('Starred')}
      </button>
      <a class="button" href="/batch">${msg('Make several at once')}</a>
      <span class="count" role="status">${this.countText()}</span>
      ${this.renderClear()}
    </div>`;
  }

  /** Clearing spares starred pieces; once they are all that is left, it deletes them. */
  private renderClear() {
    const { items } = library;
    if (items === null || items.length === 0 || library.isRestricted) return nothing;
    const withStarred = items.every((item) => item.starred) && !library.hasMore;
    return html`<button class="clear" type="button" @click=${() => void this.onClear(withStarred)}>
      ${withStarred ? msg('Delete starred pieces') : msg('Clear library')}
    </button>`;
  }

  private renderList(items: readonly LibraryItem[]) {
    return html`<section id="list" tabindex="-1" aria-label=${msg('Pieces')}>
        <ul>
          ${repeat(
            library.jobs,
            (job) => job.job_id,
            (job) => html`<li><job-row .job=${job}></job-row></li>`,
          )}
          ${repeat(
            items,
            (item) => item.file_id,
            (item) => html`<li @leave=${() => this.list?.focus()}><library-row .item=${item}></library-row></li>`,
          )}
        </ul>
      </section>
      ${
        library.hasMore
          ? html`<p class="more">
              <button
                type="button"
                aria-disabled=${library.isLoadingMore ? 'true' : 'false'}
                @click=${() => void library.loadMore()}
              >
                ${library.isLoadingMore ? msg('Loading…') : msg('Show more')}
              </button>
            </p>`
          : nothing
      }`;
  }

  private renderEmpty() {
    if (library.isRestricted)
      return html`<p class="empty">
        ${msg('Nothing matches.')}
        <button type="button" @click=${() => this.setView({ words: '', kind: 'all', onlyStarred: false })}>
          ${msg('Show everything')}
        </button>
      </p>`;
    return html`<div class="empty">
      <p>${msg('Nothing is here yet.')}</p>
      <p class="links">
        <a class="button primary" href="/fuse?method=vae">${msg('Blend two pieces')}</a>
        <a class="button" href="/fuse?method=gan">${msg('Generate a piece')}</a>
      </p>
    </div>`;
  }

  private countText(): string {
    if (library.items === null) return '';
    return library.total === 1 ? msg('1 piece') : msg(str`${library.total} pieces`);
  }

  private readonly onSearch = (event: Event): void => {
    const words = (event.target as HTMLInputElement).value;
    clearTimeout(this.searchTimer);
    this.searchTimer = setTimeout(() => this.setView({ words }), SEARCH_DELAY_MS);
  };

  private readonly onKind = (event: Event): void => {
    this.setView({ kind: (event.target as HTMLSelectElement).value as Kind });
  };

  private async onClear(withStarred: boolean): Promise<void> {
    await library.clear(withStarred);
    this.shadowRoot?.querySelector<HTMLElement>('input[type=search]')?.focus();
  }

  /** Shows something else, and puts it into the URL, so that a reload shows the same. */
  private setView(changes: Partial<View>): void {
    library.setView(changes);
    const { words, kind, onlyStarred } = library.view;
    setQuery({
      q: words === '' ? null : words,
      show: kind === 'all' ? null : kind,
      starred: onlyStarred ? 'true' : null,
    });
  }

  private readUrl(): void {
    if (location.pathname !== '/library') return;
    const params = new URLSearchParams(location.search);
    this.familyId = params.get('family');
    if (this.familyId !== null) return;
    const show = params.get('show') ?? 'all';
    const view: View = {
      words: params.get('q') ?? '',
      kind: Object.hasOwn(KINDS, show) ? (show as Kind) : 'all',
      onlyStarred: params.get('starred') === 'true',
    };
    if (JSON.stringify(view) !== JSON.stringify(library.view)) library.setView(view);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'library-page': LibraryPage;
  }
}
