import { css } from 'lit';

export const pianoRollStyle = css`
  :host {
    display: block;
    min-width: 0;
  }
  :host([fill]) {
    display: flex;
    flex-direction: column;
    min-height: 0;
    height: 100%;
  }
  .view {
    position: relative;
    overflow: auto hidden;
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    cursor: pointer;
    height: 345px;
    scrollbar-width: thin;
  }
  :host([fill]) .view {
    flex: 1;
    height: auto;
    min-height: 8rem;
  }
  .empty {
    display: grid;
    place-items: center;
    color: var(--ink-soft);
  }
  .length {
    position: relative;
    min-width: 100%;
    height: 100%;
  }
  canvas {
    position: sticky;
    left: 0;
    display: block;
  }
  .playhead {
    position: absolute;
    inset: 0 auto 0 0;
    width: 2px;
    background: var(--ink);
    pointer-events: none;
    will-change: translate;
    forced-color-adjust: none;
  }
  .playhead[hidden] {
    display: none;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.15rem 1rem;
    min-height: 2.1rem;
    margin-bottom: 0.25rem;
  }
  stem-mixer {
    flex: 1 1 auto;
  }
  .zoom {
    display: flex;
  }
  .tools button {
    min-height: 1.85rem;
    min-width: 1.85rem;
    padding: 0.1rem 0.4rem;
    font-size: 0.9375rem;
    gap: 0.4rem;
  }
  .tools button[aria-disabled='true'] {
    border-color: transparent;
    background: none;
    opacity: 0.6;
  }
  @media (max-width: 47.99rem) {
    :host([fill]) .tools {
      order: 2;
      margin: 0.4rem 0 0;
    }
  }
  @media (pointer: coarse) {
    .tools button {
      min-height: 2.6rem;
      min-width: 2.6rem;
    }
  }
  .sources {
    font-size: 0.875rem;
  }
  .sources i {
    width: 1.1rem;
    height: 0.75rem;
    border-radius: 2px;
    background: linear-gradient(var(--a) 50%, var(--b) 50%);
    forced-color-adjust: none;
  }
  .sources [aria-pressed='true'] {
    border-color: var(--ink);
  }
`;
