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
export const starIcon = icon(
  'M12 2.6l2.9 6.2 6.8.8-5 4.6 1.3 6.7L12 17.6l-6 3.3 1.3-6.7-5-4.6 6.8-.8zM12 7.3l-1.6 3.4-3.7.4 2.7 2.5-.7 3.7 3.3-1.8 3.3 1.8-.7-3.7 2.7-2.5-3.7-.4z',
);
export const starredIcon = icon('M12 2.6l2.9 6.2 6.8.8-5 4.6 1.3 6.7L12 17.6l-6 3.3 1.3-6.7-5-4.6 6.8-.8z');
export const renameIcon = icon('M16.6 3.2l4.2 4.2L8.6 19.6l-5.4 1.2 1.2-5.4zM16.6 6L6.2 16.4l-.4 1.8 1.8-.4L18 7.4z');
export const deleteIcon = icon(
  'M9 3h6l1 2h4.5v2h-17V5H8zM5.5 8.5h13L17.5 21h-11zM7.7 10.5l.7 8.5h7.2l.7-8.5zM10 12h1.5v5.5H10zM12.5 12H14v5.5h-1.5z',
);
export const familyIcon = icon(
  'M3 3h7v6H7.5v2.5h9V9H14V3h7v6h-2.5v4.5h-5.5V15h2.5v6h-7v-6H11v-1.5H5.5V9H3zM5 5v2h3V5zM16 5v2h3V5zM10.5 17v2h3v-2z',
);
export const shareIcon = icon(
  'M12 2.5l5 5-1.4 1.4L13 6.3V15h-2V6.3L8.4 8.9 7 7.5zM4 12h4v2H6v5.5h12V14h-2v-2h4v9.5H4z',
);
