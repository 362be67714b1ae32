import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Role } from '../../api/types';
import { live } from 'lit/directives/live.js';
import { formatKey } from '../../music/format';
import { KEYS } from '../../music/keys';
import { ROLE_NAMES, ROLES } from '../../music/roles';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import type { Choice } from './choice-field';
import './choice-field';
import './number-field';
import './optional-range';
import './sound-settings';

const METERS = ['4/4', '3/4', '6/8'];

type ChoiceField = 'meter' | 'key' | 'ends' | 'meterPolicy';
type NumberField = 'bpm' | 'bars' | 'temperature' | 'valence' | 'energy' | 'density';

/** Settings of the new piece, all of them optional. The method determines which fields there are. */
@customElement('piece-controls')
export class PieceControls extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: grid;
        gap: 0.6rem;
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(8.6rem, 1fr));
        gap: 0.5rem 1rem;
      }
      .wide {
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 12rem), 1fr));
      }
      .roles {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 1.2rem;
        min-height: 2rem;
      }
      legend {
        float: left;
        margin: 0 1.2rem 0 0;
        line-height: 2rem;
      }
      .field {
        gap: 0.15rem;
      }
      .roles {
        margin-inline-end: auto;
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1rem;
        align-items: center;
      }
      button {
        min-height: 1.75rem;
        padding: 0.1rem 0.6rem;
        font-size: 0.875rem;
      }
      @media (pointer: coarse) {
        button,
        .check {
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
    const isGenerated = fusion.form.method !== 'vae';
    return html`
      <div class="grid">${isGenerated ? this.pieceFields() : nothing} ${this.commonFields()}</div>
      ${isGenerated ? this.moodFields() : nothing}
      <sound-settings></sound-settings>
      <div class="foot">
        ${isGenerated ? this.roleFields() : nothing}
        ${isGenerated ? html`<button type="button" @click=${this.onSurprise}>${msg('Surprise me')}</button>` : nothing}
        <button type="button" @click=${() => fusion.resetForm()}>${msg('Reset all settings')}</button>
      </div>
    `;
  }

  private pieceFields() {
    const meters = this.meters().map((meter): Choice => [meter, meter]);
    return html`
      ${this.choice('meter', msg('Meter'), [['', msg('Any')], ...meters])}
      ${this.number('bars', msg('Bars'), 8, 64, msg('8 to 64'))} ${this.countField()}
    `;
  }

  /** Returns only the meters that the selected style supports. */
  private meters(): readonly string[] {
    const supported = fusion.styles.find((style) => style.id === fusion.form.style)?.meters;
    return supported && supported.length > 0 ? supported : METERS;
  }

  private commonFields() {
    const isBlend = fusion.form.method === 'vae';
    const keys: Choice[] = [
      ['', isBlend ? msg('Like piece A') : msg('Any')],
      ...KEYS.map((key): Choice => [key, formatKey(key)]),
    ];
    return html`
      ${this.choice('key', msg('Key'), keys)}
      ${this.number('bpm', msg('Tempo (BPM)'), 20, 400, isBlend ? msg('between A and B') : msg('any'))}
      ${this.seedField()} ${fusion.form.method === 'gan' ? nothing : this.temperatureField()}
      ${isBlend ? html`${this.endsField()} ${this.meterPolicyField()}` : nothing}
    `;
  }

  private temperatureField() {
    const hint = msg('0 plays it safe, 2 is wild');
    return this.number('temperature', msg('Variation'), 0, 2, msg('default 0.2'), '0.1', hint);
  }

  private endsField() {
    const ends: Choice[] = [
      ['model', msg('Re-created by the model')],
      ['original', msg('Exact original')],
    ];
    return this.choice('ends', msg('At 0% and 100%'), ends);
  }

  private meterPolicyField() {
    const policies: Choice[] = [
      ['', msg('Convert to one')],
      ['convert', msg('Convert even 5/4 or 7/8')],
      ['refuse', msg('Do not blend')],
    ];
    return this.choice('meterPolicy', msg('If meters differ'), policies);
  }

  private countField() {
    return html`<number-field
      label=${msg('Number of pieces')}
      min="1"
      max="16"
      .value=${fusion.form.count}
      @value-change=${(event: CustomEvent<number | null>) => fusion.updateForm({ count: event.detail ?? 1 })}
    ></number-field>`;
  }

  private seedField() {
    return html`<div class="field">
      <label for="seed">${msg('Seed')}</label>
      <input
        id="seed"
        inputmode="numeric"
        autocomplete="off"
        placeholder=${msg('random')}
        .value=${live(fusion.form.seed)}
        @change=${(event: Event) => fusion.updateForm({ seed: (event.target as HTMLInputElement).value.trim() })}
      />
    </div>`;
  }

  private moodFields() {
    return html`<div class="grid wide">
      ${this.range('valence', msg('Mood'), msg('dark'), msg('bright'))}
      ${this.range('energy', msg('Energy'), msg('calm'), msg('driving'))}
      ${this.range('density', msg('Density'), msg('sparse'), msg('dense'))}
    </div>`;
  }

  private roleFields() {
    const { roles } = fusion.form;
    return html`<fieldset class="roles">
      <legend>${msg('Parts')}</legend>
      ${ROLES.map(
        (role) =>
          html`<label class="check">
            <input type="checkbox" .checked=${live(roles.includes(role))} @change=${() => this.toggleRole(role)} />
            ${ROLE_NAMES[role]}
          </label>`,
      )}
      ${
        roles.length < ROLES.length
          ? html`<button type="button" @click=${() => fusion.updateForm({ roles: ROLES })}>${msg('All parts')}</button>`
          : nothing
      }
    </fieldset>`;
  }

  private toggleRole(role: Role): void {
    const { roles } = fusion.form;
    fusion.updateForm({ roles: ROLES.filter((each) => roles.includes(each) !== (each === role)) });
  }

  /** Draws a mood; the seed draws the rest. */
  private readonly onSurprise = (): void => {
    const random = () => Math.round((Math.random() * 2 - 1) * 10) / 10;
    fusion.updateForm({ valence: random(), energy: random(), density: random(), seed: '' });
  };

  private choice(name: ChoiceField, label: string, choices: readonly Choice[], hint = '') {
    return html`<choice-field
      label=${label}
      hint=${hint}
      .choices=${choices}
      .value=${fusion.form[name]}
      @value-change=${(event: CustomEvent<string>) => fusion.updateForm({ [name]: event.detail })}
    ></choice-field>`;
  }

  private number(
    name: NumberField,
    label: string,
    min: number,
    max: number,
    placeholder: string,
    step = 'any',
    hint = '',
  ) {
    return html`<number-field
      label=${label}
      min=${min}
      max=${max}
      step=${step}
      placeholder=${placeholder}
      hint=${hint}
      .value=${fusion.form[name]}
      @value-change=${(event: CustomEvent<number | null>) => fusion.updateForm({ [name]: event.detail })}
    ></number-field>`;
  }

  private range(name: NumberField, label: string, minLabel: string, maxLabel: string) {
    return html`<optional-range
      label=${label}
      min-label=${minLabel}
      max-label=${maxLabel}
      .value=${fusion.form[name]}
      @value-change=${(event: CustomEvent<number | null>) => fusion.updateForm({ [name]: event.detail })}
    ></optional-range>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'piece-controls': PieceControls;
  }
}
