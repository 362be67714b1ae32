/** Icons, 24 units square, in the current color. All are decorative: each comes with a text or an aria-label. */
import { html, type TemplateResult } from 'lit';

function icon(path: string): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${path} /></svg>`;
}

export const playIcon = icon('M7 4.2v15.6L20 12z');
export const pauseIcon = icon('M6 4h4.2v16H6zM13.8 4H18v16h-4.2z');
export const closeIcon = icon(
  'M5.6 4.2 12 10.6l6.4-6.4 1.4 1.4L13.4 12l6.4 6.4-1.4 1.4L12 13.4l-6.4 6.4-1.4-1.4L10.6 12 4.2 5.6z',
);
export const downloadIcon = icon('M11 3h2v9.6l3.3-3.3 1.4 1.4L12 16.4l-5.7-5.7 1.4-1.4 3.3 3.3zM4 18.5h16v2H4z');
export const swapIcon = icon('M7.5 5 3 9l4.5 4v-3H16V8H7.5zM16.5 11v3H8v2h8.5v3L21 15z');
