import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Role } from '../../api/types';
import { ROLE_NAMES, ROLES } from '../../music/roles';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base, fields } from '../../style/controls';
import { formatShares } from './weight-slider';
import './own-weight';

/** A separate mix for each part: lead, harmony, bass and drums. */
@customElement('role-weights')
export class RoleWeights extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      :host {
        display: grid;
        gap: 0.4rem;
      }
      .own {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr));
        gap: 0.3rem 1.4rem;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  override render() {
    return html`<p class="hint">${msg('A part follows the main weight until you move its slider.')}</p>
      <div class="own">${ROLES.map((role) => this.renderRole(role))}</div>`;
  }

  private renderRole(role: Role) {
    const { weight, weights } = fusion.form;
    const name = ROLE_NAMES[role];
    return html`<own-weight
      name=${name}
      label=${msg(str`Blend weight of ${name}`)}
      inherited=${msg(str`${formatShares(weight)}, as the main weight`)}
      .weight=${weights[role] ?? null}
      .followed=${weight}
      @weight-change=${(event: CustomEvent<number | null>) => this.setWeight(role, event.detail)}
    ></own-weight>`;
  }

  private setWeight(role: Role, weight: number | null): void {
    const weights = Object.fromEntries(Object.entries(fusion.form.weights).filter(([name]) => name !== role));
    fusion.updateForm({ weights: weight === null ? weights : { ...weights, [role]: weight } });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'role-weights': RoleWeights;
  }
}
