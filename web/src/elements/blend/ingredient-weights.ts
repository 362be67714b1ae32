import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Ingredient } from '../../api/types';
import { INGREDIENT_HINTS, INGREDIENT_NAMES, INGREDIENT_ROLES, INGREDIENTS } from '../../music/blends/ingredients';
import { ROLE_NAMES } from '../../music/roles';
import { inheritedWeight } from '../../state/fusion/form';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base } from '../../style/controls';
import { formatShares } from './weight-slider';
import './own-weight';

/** A weight for each ingredient of the blend. A slider follows the other weights until it is moved. */
@customElement('ingredient-weights')
export class IngredientWeights extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 10.5rem), 1fr));
        gap: 0 1.4rem;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  override render() {
    return html`${INGREDIENTS.map((ingredient) => this.renderIngredient(ingredient))}`;
  }

  private renderIngredient(ingredient: Ingredient) {
    const { form } = fusion;
    const name = INGREDIENT_NAMES[ingredient];
    return html`<own-weight
      id=${ingredient}
      name=${name}
      hint=${INGREDIENT_HINTS[ingredient]}
      label=${msg(str`Blend weight of ${name}`)}
      inherited=${describeInherited(ingredient)}
      .weight=${form.ingredients[ingredient] ?? null}
      .followed=${inheritedWeight(form, ingredient).weight ?? form.weight}
      @weight-change=${(event: CustomEvent<number | null>) => this.setWeight(ingredient, event.detail)}
    ></own-weight>`;
  }

  private setWeight(ingredient: Ingredient, weight: number | null): void {
    const others = Object.entries(fusion.form.ingredients).filter(([name]) => name !== ingredient);
    const ingredients = Object.fromEntries(others);
    fusion.updateForm({ ingredients: weight === null ? ingredients : { ...ingredients, [ingredient]: weight } });
  }
}

/** Describes what an ingredient follows, e.g. "50% A, 50% B, as the main weight". */
function describeInherited(ingredient: Ingredient): string {
  const { weight, from } = inheritedWeight(fusion.form, ingredient);
  if (from === 'morph') return msg('follows the mix over time');
  if (from === 'sections' || weight === null) return msg('follows the sections');
  const role = INGREDIENT_ROLES[ingredient];
  const shares = formatShares(weight);
  return from === 'role' && role
    ? msg(str`${shares}, as the weight of ${ROLE_NAMES[role]}`)
    : msg(str`${shares}, as the main weight`);
}

declare global {
  interface HTMLElementTagNameMap {
    'ingredient-weights': IngredientWeights;
  }
}
