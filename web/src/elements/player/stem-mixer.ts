import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { getFile } from '../../api/client';
import type { Role } from '../../api/types';
import { ROLE_NAMES } from '../../music/roles';
import { presentRoles } from '../../state/playback/piece-details';
import { stemPlayer } from '../../state/playback/stem-player';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';

/**
 * A fader, mute and solo button for each role of a piece. Attributes: `file-id`, `label`, `compact`, by which it is one
 * line and the legend of a roll.
 */
@customElement('stem-mixer')
export class StemMixer extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      fieldset {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
        gap: 0.5rem 1.75rem;
      }
      legend {
        float: left;
        grid-column: 1 / -1;
        margin: 0;
      }
      .strip {
        display: grid;
        grid-template-columns: 5.4rem minmax(4rem, 1fr) auto auto;
        gap: 0.4rem;
        align-items: center;
        min-width: 0;
      }
      .name {
        display: flex;
        align-items: center;
        gap: 0.45rem;
        font-size: 0.9375rem;
      }
      .name::before {
        content: '';
        width: 0.75rem;
        height: 0.75rem;
        border-radius: 2px;
        background: var(--role);
        flex: none;
      }
      input[type='range'] {
        width: 100%;
        min-width: 0;
        min-height: 1.5rem;
        margin: 0;
        accent-color: var(--role);
      }
      .toggle {
        min-height: 2.1rem;
        padding: 0.2rem 0.6rem;
        font-size: 0.875rem;
      }
      .toggle[aria-pressed='true'] {
        background: var(--ink);
        color: var(--paper);
        border-color: var(--ink);
      }
      .silent .name {
        color: var(--ink-soft);
        text-decoration: line-through;
      }
      .lead {
        --role: var(--lead);
      }
      .harmony {
        --role: var(--harmony);
      }
      .bass {
        --role: var(--bass);
      }
      .drums {
        --role: var(--drums);
      }
      .row {
        margin-top: 0.4rem;
        min-height: 2.1rem;
      }
      :host([compact]) {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 0.5rem;
      }
      :host([compact]) fieldset {
        display: flex;
        flex-wrap: wrap;
        gap: 0.15rem 1.1rem;
      }
      :host([compact]) legend {
        position: absolute;
        clip-path: inset(50%);
        width: 1px;
        height: 1px;
        overflow: hidden;
      }
      :host([compact]) .strip {
        grid-template-columns: auto 4.2rem auto auto;
        gap: 0.25rem;
      }
      :host([compact]) .toggle {
        min-height: 1.6rem;
        min-width: 1.6rem;
        padding: 0 0.35rem;
        font-size: 0.8125rem;
      }
      :host([compact]) .row {
        margin: 0;
        min-height: 0;
      }
      @media (max-width: 47.99rem) {
        :host([compact]) fieldset {
          display: grid;
          width: 100%;
        }
        :host([compact]) .strip {
          grid-template-columns: 5.4rem minmax(4rem, 1fr) auto auto;
        }
      }
      @media (pointer: coarse) {
        :host([compact]) .toggle {
          min-height: 2.6rem;
          min-width: 2.6rem;
        }
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';
  @property({ type: Boolean, reflect: true }) compact = false;
  @state() private roles: readonly Role[] = [];

  constructor() {
    super();
    new StoreController(this, stemPlayer);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('fileId')) void this.load(this.fileId);
  }

  override render() {
    if (this.roles.length < 2) return nothing;
    return html`<fieldset>
        <legend>${msg('Mixer')}</legend>
        ${this.roles.map((role) => this.renderStrip(role))}
      </fieldset>
      ${
        stemPlayer.isNeutral(this.fileId)
          ? nothing
          : html`<div class="row">
              <button class="toggle" type="button" @click=${() => stemPlayer.reset(this.fileId)}>
                ${msg('Reset mixer')}
              </button>
            </div>`
      } `;
  }

  private renderStrip(role: Role) {
    const name = ROLE_NAMES[role];
    const mix = stemPlayer.mix(this.fileId);
    const level = mix[role];
    const isSilent = level.muted || (!level.solo && this.roles.some((other) => mix[other].solo));
    return html`<div class="strip ${role} ${isSilent ? 'silent' : ''}" data-role=${role} data-file=${this.fileId}>
      <span class="name" aria-hidden="true">${name}</span>
      <input
        type="range"
        min="0"
        max="100"
        step="5"
        aria-label=${msg(str`Volume of ${name}`)}
        .value=${String(Math.round(level.volume * 100))}
        @input=${(event: Event) => this.setLevel(role, { volume: Number((event.target as HTMLInputElement).value) / 100 })}
      />
      ${this.renderToggle(role, msg('Mute'), level.muted, { muted: !level.muted })}
      ${this.renderToggle(role, msg('Solo'), level.solo, { solo: !level.solo })}
    </div>`;
  }

  private renderToggle(role: Role, verb: string, isOn: boolean, changes: Parameters<typeof stemPlayer.setLevel>[3]) {
    return html`<button
      class="toggle"
      type="button"
      aria-pressed=${isOn ? 'true' : 'false'}
      aria-label="${verb} ${ROLE_NAMES[role]}"
      @click=${() => this.setLevel(role, changes)}
    >
      ${this.compact ? verb.charAt(0) : verb}
    </button>`;
  }

  private setLevel(role: Role, changes: Parameters<typeof stemPlayer.setLevel>[3]): void {
    stemPlayer.setLevel(this.fileId, this.roles, role, changes);
  }

  private async load(fileId: string): Promise<void> {
    this.roles = [];
    const file = await getFile(fileId).catch(() => null); // without it there is no mixer; the piece still plays
    if (file !== null && fileId === this.fileId) this.roles = presentRoles(file);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'stem-mixer': StemMixer;
  }
}
