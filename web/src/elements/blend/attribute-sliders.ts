import { msg } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Role } from '../../api/types';
import { ROLE_NAMES, ROLES } from '../../music/roles';
import { attributesOf, type Attribute, type Sliders } from '../../state/fusion/form';
import { fusion } from '../../state/fusion';
import { StoreController } from '../../state/store-controller';
import { base, fields } from '../../style/controls';
import type { Choice } from '../form/choice-field';
import '../form/choice-field';
import '../form/optional-range';

type Names = () => readonly [label: string, low: string, high: string];

const ATTRIBUTE_NAMES: Readonly<Record<Attribute, Names>> = {
  density: () => [msg('Density'), msg('fewer notes'), msg('more notes')],
  register: () => [msg('Register'), msg('lower'), msg('higher')],
  syncopation: () => [msg('Syncopation'), msg('on the beat'), msg('off the beat')],
  polyphony: () => [msg('Polyphony'), msg('single notes'), msg('fuller chords')],
};

/** Sliders that shape the result, all parts or a single one. A slider that is not set changes nothing. */
@customElement('attribute-sliders')
export class AttributeSliders extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(8rem, 10rem) minmax(0, 1fr);
        gap: 0.5rem 1.4rem;
        align-items: start;
      }
      .sliders {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr));
        gap: 0.3rem 1.4rem;
      }
      @media (max-width: 44rem) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  /** The part whose sliders are shown; null for those of all parts. */
  @state() private shownRole: Role | null = null;

  constructor() {
    super();
    new StoreController(this, fusion);
  }

  override render() {
    const choices: Choice[] = [
      ['', this.withCount(msg('All parts'), fusion.form.sliders)],
      ...ROLES.map((role): Choice => [role, this.withCount(ROLE_NAMES[role], fusion.form.roleSliders[role] ?? {})]),
    ];
    return html`<choice-field
        label=${msg('Shape')}
        .choices=${choices}
        .value=${this.shownRole ?? ''}
        @value-change=${(event: CustomEvent<string>) => (this.shownRole = (event.detail || null) as Role | null)}
      ></choice-field>
      <div class="sliders">${attributesOf(this.shownRole).map((name) => this.renderSlider(name))}</div>`;
  }

  private get sliders(): Sliders {
    return (this.shownRole === null ? fusion.form.sliders : fusion.form.roleSliders[this.shownRole]) ?? {};
  }

  private withCount(name: string, sliders: Sliders): string {
    const count = Object.keys(sliders).length;
    return count === 0 ? name : `${name} · ${count}`;
  }

  private renderSlider(name: Attribute) {
    const [label, low, high] = ATTRIBUTE_NAMES[name]();
    return html`<optional-range
      label=${label}
      min-label=${low}
      max-label=${high}
      unset-label=${msg('unchanged')}
      .value=${this.sliders[name] ?? null}
      @value-change=${(event: CustomEvent<number | null>) => this.setValue(name, event.detail)}
    ></optional-range>`;
  }

  private setValue(name: Attribute, value: number | null): void {
    const others = Object.fromEntries(Object.entries(this.sliders).filter(([other]) => other !== name));
    const sliders: Sliders = value === null ? others : { ...others, [name]: value };
    if (this.shownRole === null) fusion.updateForm({ sliders });
    else fusion.updateForm({ roleSliders: { ...fusion.form.roleSliders, [this.shownRole]: sliders } });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'attribute-sliders': AttributeSliders;
  }
}
