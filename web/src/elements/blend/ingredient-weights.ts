import { LitElement, css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { Ingredient } from '../../api/types';
import { INGREDIENT_HINTS, INGREDIENT_NAMES, INGREDIENT_ROLES, INGREDIENTS } from '../../music/ingredients';
import { ROLE_NAMES } from '../../music/roles';
import { inheritedWeight } from '../../state/fusion-form';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import { formatShares } from './weight-slider';

/** A weight for each ingredient of the blend. A slider follows the other weights until it is moved. */
@customElement('ingredient-weights')
export class IngredientWeights extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: block;
      }
      summary {
        cursor: pointer;
        font-weight: 600;
        min-height: 1.75rem;
      }
      summary .soft {
        font-weight: 400;
        margin-inline-start: 0.4rem;
      }
      .intro {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: 0.25rem 1.5rem;
        min-height: 2.5rem;
        margin-block: 0.25rem 0.75rem;
      }
      .intro p {
        max-width: 46rem;
      }
      .own {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
        gap: 1.1rem calc(1.5 * var(--gap));
      }
      .top {
        display: flex;
        justify-content: space-between;
        align-items: baseline;
        gap: 0.5rem;
      }
      .name {
        font-weight: 600;
      }
      .own .hint {
        display: block;
      }
      button {
        min-height: 1.5rem;
        padding: 0.1rem 0.4rem;
        font-size: 0.875rem;
        text-decoration: underline;
      }
      .intro button {
        margin-inline-start: -0.4rem;
      }
      weight-slider {
        margin-top: 0.15rem;
      }
      @media (max-width: 44rem) {
        .own {
          row-gap: 0.6rem;
        }
        .own .hint {
          display: inline;
          margin-inline-start: 0.25rem;
        }
      }
      @media (pointer: coarse) {
        button {
          min-height: 2.25rem;
          margin-block: -0.35rem;
        }
      }
    `,
  ];

  @state() private isOpen = false;
  private previousCount = 0;
  @query('summary') private readonly summary!: HTMLElement | null;

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  /** Opens when weights appear, such as those of a restored form; only the user closes it. */
  override willUpdate(): void {
    const nOwn = countOwn();
    if (nOwn > 0 && this.previousCount === 0) this.isOpen = true;
    this.previousCount = nOwn;
  }

  override render() {
    const nOwn = countOwn();
    return html`<details ?open=${this.isOpen} @toggle=${this.onToggle}>
      <summary>Ingredients<span class="soft">${nOwn === 0 ? '' : `${nOwn} set`}</span></summary>
      <div class="intro">
        <p class="hint">
          Take the chords from one piece and the tune from the other. Each slider follows the main weight until you move
          it. The weight of a role moves the ingredients of that role; a slider that is moved here overrides it.
        </p>
        ${
          nOwn === 0
            ? nothing
            : html`<button
                class="quiet"
                type="button"
                aria-label="Reset all ingredients"
                @click=${() => this.resetAll()}
              >
                reset all
              </button>`
        }
      </div>
      <div class="own" role="group" aria-label="Weights of ingredients">
        ${INGREDIENTS.map((ingredient) => this.renderIngredient(ingredient))}
      </div>
    </details>`;
  }

  private renderIngredient(ingredient: Ingredient) {
    const { form } = fusion;
    const own = form.ingredients[ingredient];
    const name = INGREDIENT_NAMES[ingredient];
    return html`<div>
      <div class="top">
        <p><span class="name">${name}</span> <span class="hint">${INGREDIENT_HINTS[ingredient]}</span></p>
        ${
          own === undefined
            ? nothing
            : html`<button
                class="quiet"
                type="button"
                aria-label="Reset ${name}"
                @click=${() => this.reset(ingredient)}
              >
                reset
              </button>`
        }
      </div>
      <weight-slider
        compact
        id=${ingredient}
        weight=${own ?? inheritedWeight(form, ingredient).weight ?? form.weight}
        label="Blend weight of ${name}"
        inherited=${own === undefined ? describeInherited(ingredient) : ''}
        @weight-change=${(event: CustomEvent<number>) => this.setWeight(ingredient, event.detail)}
      ></weight-slider>
    </div>`;
  }

  private setWeight(ingredient: Ingredient, weight: number): void {
    fusion.updateForm({ ingredients: { ...fusion.form.ingredients, [ingredient]: weight } });
  }

  /** The button disappears, so the focus moves to the slider. */
  private reset(ingredient: Ingredient): void {
    const others = Object.entries(fusion.form.ingredients).filter(([name]) => name !== ingredient);
    fusion.updateForm({ ingredients: Object.fromEntries(others) });
    this.renderRoot.querySelector<HTMLElement>(`#${ingredient}`)?.focus();
  }

  private resetAll(): void {
    fusion.updateForm({ ingredients: {} });
    this.summary?.focus();
  }

  private readonly onToggle = (event: Event): void => {
    this.isOpen = (event.target as HTMLDetailsElement).open;
  };
}

function countOwn(): number {
  return Object.keys(fusion.form.ingredients).length;
}

/** Describes what an ingredient follows, e.g. "like the main weight: 50% A, 50% B". */
function describeInherited(ingredient: Ingredient): string {
  const { weight, from } = inheritedWeight(fusion.form, ingredient);
  if (from === 'morph') return 'follows the morph';
  if (from === 'sections' || weight === null) return 'follows the sections';
  const role = INGREDIENT_ROLES[ingredient];
  const name = from === 'role' && role ? `weight of ${ROLE_NAMES[role]}` : 'main weight';
  return `${formatShares(weight)}, as the ${name}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ingredient-weights': IngredientWeights;
  }
}
