import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Role } from '../../api/types';
import { formatKey } from '../../music/format';
import { KEYS } from '../../music/keys';
import { ROLE_NAMES, ROLES } from '../../music/roles';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base, fields } from '../../style/controls';
import type { Choice } from './choice-field';
import './choice-field';
import './number-field';
import './optional-range';

const METERS = ['4/4', '3/4', '6/8'];

type ChoiceField = 'meter' | 'key' | 'ends' | 'meterPolicy';
type NumberField = 'bpm' | 'bars' | 'temperature' | 'valence' | 'energy' | 'density';

/** Settings of the new piece, all of them optional. The method determines which fields there are. */
@customElement('piece-controls')
export class PieceControls extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      :host {
        display: grid;
        gap: 1.25rem;
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr));
        gap: 1rem var(--gap);
      }
      .wide {
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr));
      }
      .roles {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1.5rem;
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
      ${isGenerated ? this.moodFields() : nothing} ${isGenerated ? this.roleFields() : nothing}
    `;
  }

  private pieceFields() {
    return html`
      ${this.choice('meter', 'Meter', [['', 'Any'], ...this.meters().map((meter): Choice => [meter, meter])])}
      ${this.number('bars', 'Bars', 8, 64, '8 to 64')} ${this.countField()}
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
      ['', isBlend ? 'Like piece A' : 'Any'],
      ...KEYS.map((key): Choice => [key, formatKey(key)]),
    ];
    return html`
      ${this.choice('key', 'Key', keys)}
      ${this.number('bpm', 'Tempo (BPM)', 20, 400, isBlend ? 'between A and B' : 'any')} ${this.seedField()}
      ${fusion.form.method === 'gan' ? nothing : this.temperatureField()}
      ${isBlend ? html`${this.endsField()} ${this.meterPolicyField()}` : nothing}
    `;
  }

  private temperatureField() {
    return this.number('temperature', 'Temperature', 0, 2, 'default', '0.1');
  }

  private endsField() {
    const ends: Choice[] = [
      ['model', 'The model'],
      ['original', 'The original'],
    ];
    return this.choice('ends', 'At 0% and 100%, use', ends);
  }

  private meterPolicyField() {
    const policies: Choice[] = [
      ['', 'Convert to one'],
      ['convert', 'Convert even 5/4 or 7/8'],
      ['refuse', 'Do not blend'],
    ];
    return this.choice('meterPolicy', 'If meters differ', policies);
  }

  private countField() {
    return html`<number-field
      label="Number of pieces"
      min="1"
      max="16"
      .value=${fusion.form.count}
      @value-change=${(event: CustomEvent<number | null>) => fusion.updateForm({ count: event.detail ?? 1 })}
    ></number-field>`;
  }

  private seedField() {
    return html`<div class="field">
      <label for="seed">Seed</label>
      <input
        id="seed"
        inputmode="numeric"
        autocomplete="off"
        placeholder="random"
        .value=${fusion.form.seed}
        @change=${(event: Event) => fusion.updateForm({ seed: (event.target as HTMLInputElement).value.trim() })}
      />
    </div>`;
  }

  private moodFields() {
    return html`<div class="grid wide">
      ${this.range('valence', 'Mood', 'dark', 'bright')} ${this.range('energy', 'Energy', 'calm', 'driving')}
      ${this.range('density', 'Density', 'sparse', 'dense')}
    </div>`;
  }

  private roleFields() {
    return html`<fieldset>
      <legend>Roles</legend>
      <div class="roles">
        ${ROLES.map(
          (role) =>
            html`<label class="check">
              <input
                type="checkbox"
                .checked=${fusion.form.roles.includes(role)}
                @change=${() => this.toggleRole(role)}
              />
              ${ROLE_NAMES[role]}
            </label>`,
        )}
      </div>
    </fieldset>`;
  }

  private toggleRole(role: Role): void {
    const { roles } = fusion.form;
    fusion.updateForm({ roles: ROLES.filter((each) => roles.includes(each) !== (each === role)) });
  }

  private choice(name: ChoiceField, label: string, choices: readonly Choice[], hint = '') {
    return html`<choice-field
      label=${label}
      hint=${hint}
      .choices=${choices}
      .value=${fusion.form[name]}
      @value-change=${(event: CustomEvent<string>) => fusion.updateForm({ [name]: event.detail })}
    ></choice-field>`;
  }

  private number(name: NumberField, label: string, min: number, max: number, placeholder: string, step = 'any') {
    return html`<number-field
      label=${label}
      min=${min}
      max=${max}
      step=${step}
      placeholder=${placeholder}
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
