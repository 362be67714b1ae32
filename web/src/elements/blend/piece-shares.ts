import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { formatPercent } from '../../music/format';
import { fusion } from '../../state/fusion';
import { equalShares, sideLetter, withShare, type Side } from '../../state/fusion/sides';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';

/** The shares of three pieces or more. They sum to 100%: moving one moves all others in proportion. */
@customElement('piece-shares')
export class PieceShares extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: grid;
        gap: 0.4rem;
      }
      .shares {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr));
        gap: 0.15rem 1.6rem;
      }
      label {
        display: grid;
        grid-template-columns: 1.2rem minmax(0, 1fr) minmax(5rem, 1.4fr) 2.8rem;
        gap: 0.5rem;
        align-items: center;
        min-height: 1.75rem;
        font-weight: 400;
      }
      b {
        font: italic 700 1.25rem/1 var(--display);
      }
      .a b {
        color: var(--a-text);
      }
      .b b {
        color: var(--b-text);
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      input {
        width: 100%;
        margin: 0;
        min-height: 1.5rem;
        accent-color: var(--ink);
      }
      output {
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 1rem;
      }
      button {
        min-height: 1.75rem;
        padding: 0.1rem 0.6rem;
        font-size: 0.875rem;
      }
      @media (pointer: coarse) {
        input,
        label,
        button {
          min-height: 2.6rem;
        }
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  override render() {
    const { shares } = fusion.form;
    return html`<div class="shares" role="group" aria-label=${msg('Shares of the pieces')}>
        ${fusion.pieces.sides.map((side, index) => this.renderShare(side, index, shares[index] ?? 0))}
      </div>
      <div class="row">
        <button type="button" @click=${() => fusion.updateForm({ shares: equalShares(shares.length) })}>
          ${msg('Equal shares')}
        </button>
        <span class="hint"> ${msg('Ingredients, parts, sections and the mix over time are for two pieces.')} </span>
      </div>`;
  }

  private renderShare(side: Side, index: number, share: number) {
    const letter = sideLetter(side);
    const { file } = fusion.slots[side];
    return html`<label class=${side}>
      <b aria-hidden="true">${letter}</b>
      <span class="name" aria-hidden="true">${file?.title ?? msg('empty')}</span>
      <input
        type="range"
        min="0"
        max="100"
        step="1"
        aria-label=${msg(str`Share of piece ${letter}`)}
        aria-valuetext=${formatPercent(share)}
        .value=${String(Math.round(share * 100))}
        @input=${(event: Event) => this.setShare(index, Number((event.target as HTMLInputElement).value) / 100)}
      />
      <output aria-hidden="true">${formatPercent(share)}</output>
    </label>`;
  }

  private setShare(index: number, share: number): void {
    fusion.updateForm({ shares: withShare(fusion.form.shares, index, share) });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'piece-shares': PieceShares;
  }
}
