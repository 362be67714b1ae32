import { css } from 'lit';

export const slotStyle = css`
  :host {
    display: block;
    min-width: 0;
    --side: var(--a);
    --side-text: var(--a-text);
  }
  :host([side='b']) {
    --side: var(--b);
    --side-text: var(--b-text);
  }
  :host(:not([side='a'], [side='b'])) {
    --side: var(--mix);
    --side-text: var(--mix);
  }
  section {
    position: relative;
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-top: 5px solid var(--side);
    border-radius: var(--radius);
    min-height: 7rem;
    height: 100%;
    display: grid;
    overflow: hidden auto;
    scrollbar-width: thin;
  }
  section.over {
    border-color: var(--side);
    box-shadow: inset 0 0 0 3px var(--side);
  }
  .letter {
    position: absolute;
    right: 0.6rem;
    bottom: -1rem;
    font: italic 700 7rem/1 var(--display);
    color: var(--side);
    opacity: 0.16;
    pointer-events: none;
    user-select: none;
  }
  :host([side='b']) .letter {
    right: 0.9rem;
  }
  .body {
    position: relative;
    padding: 0.6rem 0.8rem 0.7rem;
    display: grid;
    gap: 0.45rem;
    align-content: start;
    min-width: 0;
  }
  .zone {
    display: grid;
    gap: 0.35rem;
    align-content: center;
    justify-items: start;
    min-height: 4.5rem;
    cursor: pointer;
    font-weight: 400;
  }
  .zone:has(input:focus-visible) {
    outline: 3px solid var(--focus);
    outline-offset: 2px;
  }
  .prompt {
    font: italic 560 1.35rem/1.15 var(--display);
  }
  .prompt u {
    text-decoration-color: var(--side);
    text-decoration-thickness: 2px;
    text-underline-offset: 0.14em;
  }
  .head {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    gap: 0.6rem;
    align-items: center;
  }
  play-button {
    --round-size: 2.3rem;
  }
  h2 {
    font-size: 1.2rem;
    overflow-wrap: anywhere;
    display: -webkit-box;
    -webkit-line-clamp: 2;
    -webkit-box-orient: vertical;
    overflow: hidden;
    padding-block-end: 0.1em;
  }
  h2:focus {
    outline: none;
  }
  h2 b {
    color: var(--side-text);
    font-weight: 700;
    margin-inline-end: 0.15em;
  }
  dl {
    margin: 0;
    display: grid;
    grid-template-columns: auto auto;
    justify-content: space-between;
    gap: 0.15rem 1rem;
    font-size: 0.9375rem;
  }
  dt {
    font-size: 0.8125rem;
    line-height: 1.2;
    color: var(--ink-soft);
  }
  dd {
    margin: 0;
    font-weight: 600;
    line-height: 1.3;
  }
  dd .soft {
    font-weight: 400;
    font-size: 0.875rem;
  }
  dl .key-changes {
    grid-column: 1 / -1;
  }
  .remove {
    min-height: 2rem;
    min-width: 2rem;
    padding: 0;
  }
  .corner {
    position: absolute;
    top: 0.3rem;
    right: 0.3rem;
  }
  @media (pointer: coarse) {
    .remove {
      min-height: 2.6rem;
      min-width: 2.6rem;
    }
  }
  details {
    font-size: 0.9375rem;
  }
  summary {
    cursor: pointer;
    min-height: 1.5rem;
  }
  details ul {
    margin: 0.3rem 0 0;
    padding-inline-start: 1.2rem;
    color: var(--ink-soft);
  }
`;
