import { css } from 'lit';

export const howPageStyle = css`
  :host {
    display: block;
  }
  h1 {
    font-size: clamp(2.6rem, 2rem + 2.6vw, 4rem);
  }
  .lead {
    max-width: 40rem;
    font-size: 1.1875rem;
    margin-block: 0.9rem 0;
  }
  section {
    margin-top: 3rem;
    padding-top: 1.25rem;
    border-top: 2px solid var(--ink);
    display: grid;
    gap: 1.25rem clamp(1.5rem, 4vw, 3.5rem);
    align-items: start;
  }
  @media (min-width: 62rem) {
    section {
      grid-template-columns: minmax(0, 29rem) minmax(0, 1fr);
    }
    h2 {
      grid-column: 1 / -1;
    }
    .text {
      grid-column: 1;
    }
  }
  h2 {
    font-size: clamp(1.9rem, 1.5rem + 1.6vw, 2.6rem);
  }
  ol,
  ul {
    margin: 0;
    padding-inline-start: 1.5rem;
    display: grid;
    gap: 0.6rem;
  }
  ol > li::marker {
    font: italic 700 1.15em var(--display);
  }
  figure {
    margin: 0;
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    padding: clamp(0.5rem, 2vw, 1.25rem);
  }
  figcaption {
    color: var(--ink-soft);
    font-size: 0.9375rem;
    margin-top: 0.5rem;
  }
  svg {
    display: block;
    width: 100%;
    height: auto;
  }
  .a {
    --color: var(--a);
    --text-color: var(--a-text);
  }
  .b {
    --color: var(--b);
    --text-color: var(--b-text);
  }
  .mix {
    --color: var(--mix);
    --text-color: var(--mix);
  }
  .frame {
    fill: none;
    stroke: var(--color);
    stroke-width: 2;
  }
  .ink {
    fill: var(--color, var(--ink));
  }
  .tint {
    fill: color-mix(in srgb, var(--color) 16%, transparent);
    stroke: var(--color);
    stroke-width: 2;
  }
  .cell {
    font: italic 650 22px var(--display);
  }
  .other {
    fill: var(--edge);
  }
  .best {
    fill: var(--mix);
  }
  .connection {
    fill: none;
    stroke: var(--color, var(--line));
    stroke-width: 2;
    opacity: 0.75;
  }
  .arc {
    fill: none;
    stroke: var(--mix);
    stroke-width: 2.5;
  }
  .straight {
    stroke: var(--edge);
    stroke-width: 2;
    stroke-dasharray: 3 7;
  }
  .baseline {
    stroke: var(--edge);
    stroke-width: 2;
  }
  .arrow {
    fill: none;
    stroke: var(--mix);
    stroke-width: 2.5;
  }
  text {
    fill: var(--text-color, var(--ink));
  }
  .name {
    font: italic 650 24px var(--display);
  }
  .annotation {
    font: 15px var(--text);
    fill: var(--ink-soft);
  }
  /* The diagrams shrink with the screen; their text must stay readable. */
  @media (max-width: 40rem) {
    .name {
      font-size: 36px;
    }
    .annotation {
      font-size: 26px;
    }
    .cell {
      font-size: 28px;
    }
  }
`;
