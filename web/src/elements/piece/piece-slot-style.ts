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
  section {
    position: relative;
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-top: 6px solid var(--side);
    border-radius: var(--radius);
    min-height: 11rem;
    height: 100%;
    display: grid;
    overflow: clip;
  }
  section.over {
    border-color: var(--side);
    box-shadow: inset 0 0 0 3px var(--side);
  }
  .letter {
    position: absolute;
    right: 0.6rem;
    bottom: -1.6rem;
    font: italic 700 9rem/1 var(--display);
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
    padding: 1rem;
    display: grid;
    gap: 0.8rem;
    align-content: start;
    min-width: 0;
  }
  .zone {
    display: grid;
    gap: 0.35rem;
    align-content: center;
    justify-items: start;
    min-height: 6.5rem;
    cursor: pointer;
    font-weight: 400;
  }
  .zone:has(input:focus-visible) {
    outline: 3px solid var(--focus);
    outline-offset: 2px;
  }
  .prompt {
    font: italic 560 1.6rem/1.15 var(--display);
  }
  .prompt u {
    text-decoration-color: var(--side);
    text-decoration-thickness: 2px;
    text-underline-offset: 0.14em;
  }
  .head {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    gap: 0.75rem;
    align-items: center;
  }
  h2 {
    font-size: 1.35rem;
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
    grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr));
    gap: 0.5rem 1rem;
  }
  dt {
    font-size: 0.8125rem;
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
