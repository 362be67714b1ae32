import { msg, str } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { downloadUrl } from '../../api/client';
import type { DownloadFormat } from '../../api/types';
import { stemPlayer } from '../../state/playback/stem-player';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';
import { downloadIcon } from './icons';

const FORMATS: readonly (readonly [DownloadFormat, string])[] = [
  ['mid', 'MIDI'],
  ['wav', 'WAV'],
  ['flac', 'FLAC'],
  ['ogg', 'OGG'],
  ['opus', 'Opus'],
  ['mp3', 'MP3'],
];
/** Formats that hold the whole piece, whatever the mixer is set to. */
const WHOLE_FORMATS = new Set<DownloadFormat>(['mid', 'stems']);

/** Download links of a piece in all formats; audio is that of the mixer. Attributes: `file-id`, `label`. */
@customElement('download-links')
export class DownloadLinks extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: block;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.4rem;
        list-style: none;
        margin: 0;
        padding: 0;
      }
      .button {
        min-height: 2.25rem;
        padding: 0.35rem 0.7rem;
        font-size: 0.9375rem;
      }
      .hint {
        margin: 0.3rem 0 0;
        font-size: 0.875rem;
        color: var(--ink-soft);
      }
      @media (max-width: 26rem) {
        ul {
          gap: 0.25rem;
        }
        .button {
          padding-inline: 0.45rem;
          gap: 0.25rem;
        }
      }
    `,
  ];

  @property({ attribute: 'file-id' }) fileId = '';
  @property() label = '';

  constructor() {
    super();
    new StoreController(this, stemPlayer);
  }

  override render() {
    const isMixed = !stemPlayer.isNeutral(this.fileId);
    return html`<ul aria-label=${msg(str`Download ${this.label}`)}>
        ${FORMATS.map(([format, name]) => html`<li>${this.renderLink(format, name)}</li>`)}
        <li>
          ${this.renderLink('stems', msg('Stems'), msg('Download stems: each part as WAV, with the mix and MIDI, as ZIP'))}
        </li>
      </ul>
      ${isMixed ? html`<p class="hint" role="status">${msg('Audio is saved as it is mixed now.')}</p>` : nothing}`;
  }

  private renderLink(format: DownloadFormat, name: string, label = msg(str`Download ${name}`)) {
    const gains = WHOLE_FORMATS.has(format) ? null : stemPlayer.gains(this.fileId);
    return html`<a class="button" href=${downloadUrl(this.fileId, format, gains)} download aria-label=${label}>
      ${format === 'mid' ? downloadIcon : ''}${name}
    </a>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'download-links': DownloadLinks;
  }
}
