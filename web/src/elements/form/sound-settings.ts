import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { getSoundFonts } from '../../api/client';
import type { SoundFont } from '../../api/types';
import { renderSettings } from '../../state/playback/render-settings';
import { StoreController } from '../../state/store-controller';
import { base, fields } from '../../style/controls';
import type { Choice } from './choice-field';
import './choice-field';

const REVERB_LEVELS = [0, 0.3, 0.8];
const CHORUS_LEVELS = [0, 2, 6];

/** How all pieces sound, in playback and downloads: SoundFont, reverb and chorus. */
@customElement('sound-settings')
export class SoundSettings extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      fieldset {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(8.6rem, 1fr));
        gap: 0.5rem 1rem;
      }
      legend {
        margin-bottom: 0.1rem;
        color: var(--ink-soft);
        font-weight: 400;
        font-size: 0.875rem;
      }
    `,
  ];

  @state() private soundfonts: readonly SoundFont[] = [];

  constructor() {
    super();
    new StoreController(this, renderSettings);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Without the list, the default SoundFont plays.
    void getSoundFonts().then(
      (soundfonts) => (this.soundfonts = soundfonts),
      () => undefined,
    );
  }

  override render() {
    const { soundfont, reverb, chorus } = renderSettings.value;
    const others = this.soundfonts.filter((each) => !each.is_default);
    const main = this.soundfonts.find((each) => each.is_default)?.title ?? msg('Default');
    return html`<fieldset>
      <legend>${msg('Sound of playback and downloads')}</legend>
      ${
        others.length === 0 && soundfont === ''
          ? nothing
          : this.choice(
              msg('SoundFont'),
              [['', main], ...others.map((each): Choice => [each.name, each.title])],
              soundfont,
              (value) => renderSettings.set({ soundfont: value }),
            )
      }
      ${this.choice(
        msg('Reverb'),
        levels(REVERB_LEVELS, [msg('None'), msg('A small room'), msg('A large hall')]),
        String(reverb ?? ''),
        (value) => renderSettings.set({ reverb: parse(value) }),
      )}
      ${this.choice(
        msg('Chorus'),
        levels(CHORUS_LEVELS, [msg('None'), msg('A little'), msg('Rich')]),
        String(chorus ?? ''),
        (value) => renderSettings.set({ chorus: parse(value) }),
      )}
    </fieldset>`;
  }

  private choice(label: string, choices: readonly Choice[], value: string, onChoose: (value: string) => void) {
    return html`<choice-field
      label=${label}
      .choices=${choices}
      .value=${value}
      @value-change=${(event: CustomEvent<string>) => onChoose(event.detail)}
    ></choice-field>`;
  }
}

function levels(values: readonly number[], names: readonly string[]): readonly Choice[] {
  return [['', msg('As usual')], ...values.map((value, index): Choice => [String(value), names[index] ?? ''])];
}

function parse(value: string): number | null {
  return value === '' ? null : Number(value);
}

declare global {
  interface HTMLElementTagNameMap {
    'sound-settings': SoundSettings;
  }
}
