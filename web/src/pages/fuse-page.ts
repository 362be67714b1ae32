import { msg } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Method } from '../api/types';
import { loadElement, loadElementsWhenIdle } from '../elements/later';
import { jobStatusText } from '../elements/result/result-stage';
import { swapIcon } from '../elements/common/icons';
import { swipeOf, type Swipe } from '../elements/result/swipe';
import { autoplay } from '../state/fusion/autoplay';
import { fusion } from '../state/fusion';
import { onNavigation } from '../state/router';
import { MAX_PIECES, type Side } from '../state/fusion/sides';
import { StoreController } from '../state/store-controller';
import { base, buttons } from '../style/controls';
import { fusePageStyle } from './fuse-page-style';
import '../elements/blend/blend-controls';
import '../elements/form/method-tabs';
import '../elements/piece/piece-slot';

const SUBMIT_LABELS: Readonly<Record<Method, () => string>> = {
  vae: () => msg('Blend'),
  gan: () => msg('Generate'),
  hybrid: () => msg('Generate + blend'),
};

/** The three parts of the page, of which a phone shows one at a time. */
const TABS = ['pieces', 'mix', 'result'] as const;
type Tab = (typeof TABS)[number];

const TAB_NAMES: Readonly<Record<Tab, () => string>> = {
  pieces: () => msg('Pieces'),
  mix: () => msg('Mix'),
  result: () => msg('Result'),
};

/** The page on which pieces are blended, generated, or both: pieces, mix and result on one screen. */
@customElement('fuse-page')
export class FusePage extends LitElement {
  static override readonly styles = [base, buttons, fusePageStyle];

  @state() private tab: Tab = 'pieces';
  private unsubscribe?: () => void;
  private shownJobId: string | null = null;

  constructor() {
    super();
    new StoreController(this, fusion, autoplay);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('touchstart', this.onTouchStart, { passive: true });
    this.addEventListener('touchend', this.onTouchEnd);
    this.unsubscribe = onNavigation(() => this.syncFromUrl());
    this.syncFromUrl();
    loadElementsWhenIdle();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
    this.removeEventListener('touchstart', this.onTouchStart);
    this.removeEventListener('touchend', this.onTouchEnd);
  }

  /** A phone shows a job as soon as it starts. */
  override willUpdate(): void {
    const jobId = fusion.job?.job_id ?? null;
    if (jobId !== null && jobId !== this.shownJobId) this.tab = 'result';
    this.shownJobId = jobId;
  }

  override render() {
    const { method } = fusion.form;
    const job = fusion.shownJob;
    if (job !== null) loadElement('job-result');
    if (method !== 'vae') loadElement('style-fields');
    if (method === 'gan') loadElement('piece-controls');
    return html`
      <h1 class="visually-hidden">${msg('Fuse')}</h1>
      <div class="tabs" role="tablist" aria-label=${msg('Parts of the page')} @keydown=${this.onTabKey}>
        ${TABS.map((tab) => this.renderTab(tab))}
      </div>
      <div class="work" data-tab=${this.tab}>
        <div class="bar">
          <method-tabs
            .method=${method}
            @method-change=${(event: CustomEvent<Method>) => fusion.updateForm({ method: event.detail })}
          ></method-tabs>
          ${this.renderAutoplay()}
        </div>
        <div class="deck" role="tabpanel" aria-label=${SUBMIT_LABELS[method]()}>
          <form class=${method} @submit=${this.onSubmit} novalidate>
            ${method === 'gan' ? this.renderGenerate() : this.renderBlend(method)}
          </form>
        </div>
        <section class="outcome" aria-label=${msg('Outcome')}>
          <p class="visually-hidden" role="status">${jobStatusText(fusion.job)}</p>
          <result-stage></result-stage>
        </section>
      </div>
      <section class="details" aria-label=${msg('About the result')} data-job=${job?.job_id ?? nothing}>
        ${job === null ? nothing : html`<job-result .job=${job}></job-result>`}
      </section>
    `;
  }

  private renderTab(tab: Tab) {
    return html`<button
      type="button"
      role="tab"
      id=${`tab-${tab}`}
      aria-selected=${tab === this.tab ? 'true' : 'false'}
      tabindex=${tab === this.tab ? 0 : -1}
      @click=${() => (this.tab = tab)}
    >
      ${TAB_NAMES[tab]()}
    </button>`;
  }

  private renderAutoplay() {
    return html`<label class="autoplay">
      <input
        type="checkbox"
        .checked=${autoplay.isOn}
        @change=${(event: Event) => autoplay.set((event.target as HTMLInputElement).checked)}
      />
      ${msg('Play when done')}
    </label>`;
  }

  private renderBlend(method: Method) {
    return html`<div class="pieces">
        ${
          method === 'vae'
            ? this.renderSlots()
            : html` <style-fields class="a" of="styleA"></style-fields
                ><style-fields class="b" of="styleB"></style-fields>`
        }
      </div>
      <div class="mix">
        <blend-controls>${this.renderSubmit(method)}</blend-controls>
      </div>`;
  }

  /** A, C, E and G on the left, B, D, F and H on the right. */
  private renderSlots() {
    const { sides } = fusion.pieces;
    return (['a', 'b'] as const).map((column, offset) => {
      const own = sides.filter((_, index) => index % 2 === offset);
      return html`<div class="column ${column} ${own.length > 1 ? 'many' : ''}">
        ${own.map((side: Side) => html`<piece-slot side=${side}></piece-slot>`)}
      </div>`;
    });
  }

  private renderGenerate() {
    return html`<div class="mix">
      <div class="top"><style-fields of="style"></style-fields>${this.renderSubmit('gan')}</div>
      <piece-controls></piece-controls>
    </div>`;
  }

  /** A disabled button stays in the tab order and describes why it is disabled. */
  private renderSubmit(method: Method) {
    const blocker = fusion.isBusy ? msg('Already running') : fusion.submitBlocker;
    const canAdd = method === 'vae' && fusion.pieces.count < MAX_PIECES;
    return html`<span class="submit">
        ${
          method === 'vae'
            ? html`<button
                class="tool"
                type="button"
                aria-label=${msg('Swap A and B')}
                title=${msg('Swap A and B')}
                @click=${() => fusion.swapSlots()}
              >
                ${swapIcon}
              </button>`
            : nothing
        }
        <button
          class="primary"
          type="submit"
          aria-disabled=${blocker === null ? 'false' : 'true'}
          aria-describedby=${blocker === null ? nothing : 'why'}
        >
          ${SUBMIT_LABELS[method]()}
        </button>
        ${canAdd ? html`<button class="tool" type="button" @click=${this.onAddPiece}>${msg('Add a piece')}</button>` : nothing}
        <a class="button tool" href=${batchUrl()}>${msg('Several at once')}</a>
      </span>
      <span id="why" class="why" slot="why">${blocker ?? ''}</span>`;
  }

  private readonly onAddPiece = (): void => {
    fusion.addSlot();
    this.tab = 'pieces';
  };

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    void fusion.submit();
  };

  private readonly onTabKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.turnTab(step);
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus());
  };

  /** Shows the next or previous tab. They go round, so that the result is one swipe from each of the others. */
  private turnTab(step: number): void {
    const index = TABS.indexOf(this.tab);
    this.tab = TABS[(index + step + TABS.length) % TABS.length] ?? 'pieces';
    scrollTo(0, 0);
  }

  private swipe: Swipe | null = null;

  private readonly onTouchStart = (event: TouchEvent): void => {
    this.swipe = swipeOf(event);
  };

  private readonly onTouchEnd = (event: TouchEvent): void => {
    const step = this.swipe?.direction(event) ?? 0;
    this.swipe = null;
    if (step !== 0 && matchMedia('(max-width: 47.99rem)').matches) this.turnTab(step);
  };

  private syncFromUrl(): void {
    if (location.pathname === '/fuse') fusion.syncFromUrl(new URLSearchParams(location.search));
  }
}

/** Returns a link to the form that makes several pieces at once, of the pieces on the desk. */
function batchUrl(): string {
  const ids = fusion.pieces.sides.map((side) => fusion.pieces.fileId(side)).filter((id) => id !== null);
  return ids.length === 0 ? '/batch' : `/batch?pieces=${ids.join()}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'fuse-page': FusePage;
  }
}
