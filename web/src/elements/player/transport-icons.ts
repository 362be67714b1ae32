/** Icons of the transport, 24 units square, in the current color. All are decorative. */
import { html, type TemplateResult } from 'lit';

function icon(path: string): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${path} /></svg>`;
}

export const previousIcon = icon('M5 5h2.4v14H5zM19 5v14L8.5 12z');
export const nextIcon = icon('M16.6 5H19v14h-2.4zM5 5v14l10.5-7z');
export const loopIcon = icon(
  'M7 6h9V3l5 4.5L16 12V9H7.5A2.5 2.5 0 0 0 5 11.5V13H2v-2a5 5 0 0 1 5-5zm10 12H8v3l-5-4.5L8 12v3h8.5a2.5 2.5 0 0 0 2.5-2.5V11h3v2a5 5 0 0 1-5 5z',
);
export const metronomeIcon = icon(
  'M9.5 3h5L19 21H5zm1.6 2-2.4 9.6h4.2l3.9-6.4 1.3.8-3.4 5.6h.2L12.9 5zM8.2 16.6 7.6 19h8.8l-.6-2.4z',
);
export const volumeIcon = icon('M4 9h4l5-4.5v15L8 15H4zm11.5-1.2a5.5 5.5 0 0 1 0 8.4l-1-1.4a3.8 3.8 0 0 0 0-5.6z');
export const moreIcon = icon(
  'M5 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm7 0a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm7 0a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
);
export const keysIcon = icon(
  'M2 6h20v12H2zm2 2v8h16V8zm2 1.5h2v2H6zm4 0h2v2h-2zm4 0h2v2h-2zm4 0h1.5v2H18zM8 13h8v2H8z',
);
