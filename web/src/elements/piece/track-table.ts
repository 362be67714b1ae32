import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { RoleChoice, Track } from '../../api/types';
import { formatConfidence, formatCount } from '../../music/format';
import { describeDivision, programFamily, ROLE_NAMES, ROLES } from '../../music/roles';
import { base, buttons, fields } from '../../style/controls';

const N_INITIAL_TRACKS = 8;

/**
 * The tracks of a piece and their roles.
 *
 * Properties: `tracks`; `isBusy`, while a change is under way: after it, each menu shows what the server has. Event: `role-change`, detail `{track, role}`.
 */
@customElement('track-table')
export class TrackTable extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 7rem;
        gap: 0 0.6rem;
        align-items: center;
        padding-block: 0.15rem;
        border-top: 1px solid var(--line);
      }
      .name {
        font-size: 0.9375rem;
        overflow-wrap: anywhere;
        line-height: 1.3;
      }
      .name small {
        display: block;
        color: var(--ink-soft);
        font-size: 0.8125rem;
      }
      select {
        border-inline-start: 6px solid var(--role, var(--line));
        min-height: 1.75rem;
        padding-block: 0.05rem;
        font-size: 0.9375rem;
      }
      @media (pointer: coarse) {
        select {
          min-height: 2.6rem;
        }
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
    `,
  ];

  @property({ attribute: false }) tracks: readonly Track[] = [];
  @property({ attribute: false }) isBusy = false;
  @state() private isExpanded = false;

  override shouldUpdate(): boolean {
    return !this.isBusy || !this.hasUpdated;
  }

  override render() {
    const nonEmpty = this.tracks.filter((track) => track.notes > 0);
    const shown = this.isExpanded ? nonEmpty : nonEmpty.slice(0, N_INITIAL_TRACKS);
    const hidden = nonEmpty.length - shown.length;
    return html`<ul>
        ${shown.map((track) => this.renderTrack(track))}
      </ul>
      ${
        hidden === 0
          ? nothing
          : html`<button class="quiet" type="button" @click=${() => (this.isExpanded = true)}>
              ${msg(str`Show ${hidden} more`)}
            </button>`
      }`;
  }

  private renderTrack(track: Track) {
    const name = track.name || (track.is_drum ? msg('Drum kit') : programFamily(track.program));
    const confidence = track.role === null ? msg('not used') : formatConfidence(track.role_confidence);
    const divided = describeDivision(track.roles ?? []);
    return html`<li>
      <span class="name">${name}<small>${formatCount(track.notes, 'note')} · ${confidence}${divided}</small></span>
      <select
        class=${track.role ?? ''}
        aria-label=${msg(str`Role of ${name}, track ${track.track}`)}
        @change=${(event: Event) => this.dispatchRole(track.track, (event.target as HTMLSelectElement).value as RoleChoice)}
      >
        ${ROLES.map(
          (role) => html`<option value=${role} .selected=${live(role === track.role)}>${ROLE_NAMES[role]}</option>`,
        )}
        <option value="none" .selected=${live(track.role === null)}>${msg('Leave out')}</option>
      </select>
    </li>`;
  }

  private dispatchRole(track: number, role: RoleChoice): void {
    this.dispatchEvent(new CustomEvent('role-change', { detail: { track, role } }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'track-table': TrackTable;
  }
}
