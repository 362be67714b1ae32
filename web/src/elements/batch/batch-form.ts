import { msg, str } from '@lit/localize';
import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { getFile } from '../../api/client';
import { getLibrary } from '../../api/library';
import { toProblem } from '../../api/problem';
import type { BatchRequest, Problem } from '../../api/types';
import {
  countBlends,
  DEFAULT_WEIGHTS,
  MAX_BATCH_ITEMS,
  pairsOf,
  planBlends,
  planStyles,
  type BlendPlan,
} from '../../music/blends/batch-plan';
import { formatPercent } from '../../music/format';
import { batches } from '../../state/batch';
import { gallery } from '../../state/gallery';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import '../common/error-message';
import { batchFormStyle } from './batch-form-style';

type Kind = 'blends' | 'styles';

interface Choice {
  readonly id: string;
  readonly title: string;
}

const KIND_NAMES: Readonly<Record<Kind, () => string>> = {
  blends: () => msg('Blend pieces'),
  styles: () => msg('Generate pieces'),
};
const WEIGHTS: readonly number[] = [0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9];
const MAX_VERSIONS = 8;
const MAX_PIECES = 8;

/** Begins a batch: all pairs of the chosen pieces at the chosen mixes, or the chosen styles. Property: `pieceIds`. */
@customElement('batch-form')
export class BatchForm extends LitElement {
  static override readonly styles = [base, buttons, fields, batchFormStyle];

  /** The pieces that are chosen at first. */
  @property({ attribute: false }) pieceIds: readonly string[] = [];
  @state() private kind: Kind = 'blends';
  @state() private pieces: readonly Choice[] | null = null;
  @state() private chosenPieces: readonly string[] = [];
  @state() private chosenStyles: readonly string[] = [];
  @state() private weights: readonly number[] = DEFAULT_WEIGHTS;
  @state() private versions = 1;
  @state() private problem: Problem | null = null;

  constructor() {
    super();
    new StoreController(this, batches, gallery);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('pieceIds')) this.chosenPieces = this.pieceIds.slice(0, MAX_PIECES);
  }

  override render() {
    return html`<form @submit=${this.onSubmit}>
      <fieldset class="kinds">
        <legend>${msg('What to make')}</legend>
        ${(Object.keys(KIND_NAMES) as Kind[]).map(
          (kind) =>
            html`<label class="check">
              <input
                type="radio"
                name="kind"
                .checked=${kind === this.kind}
                @change=${() => (this.kind = kind)}
              />${KIND_NAMES[kind]()}
            </label>`,
        )}
      </fieldset>
      ${this.kind === 'blends' ? this.renderBlends() : this.renderStyles()}
      <div class="field versions">
        <label for="versions">${msg('Versions of each, with different seeds')}</label>
        <input
          id="versions"
          type="number"
          min="1"
          max=${MAX_VERSIONS}
          .value=${String(this.versions)}
          @change=${this.onVersions}
        />
      </div>
      <error-message .problem=${this.problem ?? batches.problem}></error-message>
      <p class="count" id="count" role="status">${this.describeCount()}</p>
      <button
        class="primary"
        type="submit"
        aria-disabled=${this.blocker !== null || batches.isBusy}
        aria-describedby="count"
      >
        ${msg('Make them')}
      </button>
    </form>`;
  }

  private renderBlends() {
    return html`<fieldset>
        <legend>${msg('Pieces: every pair of them is blended')}</legend>
        ${this.pieces === null ? html`<p class="loading" role="status">${msg('Loading the pieces…')}</p>` : this.renderPieces(this.pieces)}
      </fieldset>
      <fieldset>
        <legend>${msg('Mixes: the share of the second piece')}</legend>
        <div class="weights">
          ${WEIGHTS.map(
            (weight) =>
              html`<label class="check">
                <input
                  type="checkbox"
                  .checked=${this.weights.includes(weight)}
                  @change=${() => (this.weights = toggled(this.weights, weight).sort((one, other) => one - other))}
                />${formatPercent(weight)}
              </label>`,
          )}
        </div>
      </fieldset>`;
  }

  private renderPieces(pieces: readonly Choice[]) {
    return html`<div class="choices" tabindex="0" role="group" aria-label=${msg('Pieces')}>
      ${pieces.map(
        ({ id, title }) =>
          html`<label class="check">
            <input
              type="checkbox"
              .checked=${this.chosenPieces.includes(id)}
              @change=${() => (this.chosenPieces = toggled(this.chosenPieces, id))}
            /><span>${title}</span>
          </label>`,
      )}
    </div>`;
  }

  private renderStyles() {
    return html`<fieldset>
      <legend>${msg('Styles')}</legend>
      <div class="weights">
        ${gallery.styles.map(
          ({ id, name }) =>
            html`<label class="check">
              <input
                type="checkbox"
                .checked=${this.chosenStyles.includes(id)}
                @change=${() => (this.chosenStyles = toggled(this.chosenStyles, id))}
              />${name}
            </label>`,
        )}
      </div>
      ${gallery.styles.length === 0 ? html`<p role="status">${msg('Loading the styles…')}</p>` : nothing}
    </fieldset>`;
  }

  private get blendPlan(): BlendPlan {
    return { fileIds: this.chosenPieces, weights: this.weights, versions: this.versions };
  }

  private get count(): number {
    return this.kind === 'blends' ? countBlends(this.blendPlan) : this.chosenStyles.length * this.versions;
  }

  /** Why the batch cannot begin, as a sentence; null where it can. */
  private get blocker(): string | null {
    if (this.kind === 'blends' && this.chosenPieces.length < 2) return msg('Choose at least two pieces.');
    if (this.kind === 'blends' && this.weights.length === 0) return msg('Choose at least one mix.');
    if (this.kind === 'styles' && this.chosenStyles.length === 0) return msg('Choose at least one style.');
    if (this.count > MAX_BATCH_ITEMS)
      return msg(str`That makes ${this.count} pieces. A batch has at most ${MAX_BATCH_ITEMS}: choose fewer.`);
    return null;
  }

  private describeCount(): string {
    if (this.blocker !== null) return this.blocker;
    if (this.kind === 'styles')
      return this.count === 1 ? msg('That makes 1 piece.') : msg(str`That makes ${this.count} pieces.`);
    const nPairs = pairsOf(this.chosenPieces).length;
    return msg(
      str`Pairs: ${nPairs}, mixes: ${this.weights.length}, versions: ${this.versions}. That makes ${this.count} in all.`,
    );
  }

  private readonly onVersions = (event: Event): void => {
    const value = Number((event.target as HTMLInputElement).value);
    this.versions = Math.min(MAX_VERSIONS, Math.max(1, Math.round(value) || 1));
    (event.target as HTMLInputElement).value = String(this.versions);
  };

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    if (this.blocker === null) void batches.begin(this.buildRequest());
  };

  private buildRequest(): BatchRequest {
    if (this.kind === 'styles') {
      const names = this.chosenStyles.map((id) => gallery.styleName(id)).join(', ');
      return { title: names.slice(0, 200), items: planStyles({ styles: this.chosenStyles, versions: this.versions }) };
    }
    const names = this.chosenPieces.map((id) => this.pieces?.find((piece) => piece.id === id)?.title ?? id);
    return { title: names.join(' x ').slice(0, 200), items: planBlends(this.blendPlan) };
  }

  /** Loads the pieces to choose from: the newest of the library, those of the gallery, and those chosen by a link. */
  private async load(): Promise<void> {
    void gallery.load();
    try {
      const [own] = await Promise.all([getLibrary({}, null), gallery.load()]);
      const found = [
        ...own.items.map(({ file_id, title }) => ({ id: file_id, title })),
        ...(gallery.items ?? []).map(({ file_id, title }) => ({ id: file_id, title })),
      ].filter(({ id }) => id !== '');
      const missing = this.chosenPieces.filter((id) => !found.some((piece) => piece.id === id));
      const others = await Promise.all(missing.map((id) => getFile(id)));
      this.pieces = [...others.map(({ file_id, title }) => ({ id: file_id, title })), ...found];
    } catch (error) {
      this.problem = toProblem(error);
      this.pieces = [];
    }
  }
}

function toggled<T>(chosen: readonly T[], value: T): T[] {
  return chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
}

declare global {
  interface HTMLElementTagNameMap {
    'batch-form': BatchForm;
  }
}
