import { msg, str } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { downloadUrl } from '../../api/client';
import type { DownloadFormat } from '../../api/types';
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

/** Download links of a piece in all formats. Attributes: `file-id`, `label`. */
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

  override render() {
    return html`<ul aria-label=${msg(str`Download ${this.label}`)}>
      ${FORMATS.map(
        ([format, name]) =>
          html`<li>
            <a
              class="button"
              href=${downloadUrl(this.fileId, format)}
              download
              aria-label=${msg(str`Download ${name}`)}
            >
              ${format === 'mid' ? downloadIcon : ''}${name}
            </a>
          </li>`,
      )}
    </ul>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'download-links': DownloadLinks;
  }
}
