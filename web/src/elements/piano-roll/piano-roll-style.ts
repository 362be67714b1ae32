import { css } from 'lit';

export const pianoRollStyle = css`
  :host {
    display: block;
    min-width: 0;
  }
  .view {
    position: relative;
    overflow: auto hidden;
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    cursor: pointer;
  }
  .empty {
    min-height: 343px;
    display: grid;
    place-items: center;
    color: var(--ink-soft);
  }
  canvas {
    position: sticky;
    left: 0;
    display: block;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0.25rem 1rem;
    margin-bottom: 0.4rem;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0.1rem 0.25rem;
    list-style: none;
    margin: 0 0 0 -0.5rem;
    padding: 0;
  }
  .tools button {
    min-height: 2rem;
    min-width: 2rem;
    padding: 0.15rem 0.4rem;
    font-size: 0.9375rem;
    gap: 0.4rem;
  }
  .entry i {
    width: 1.1rem;
    height: 0.6rem;
    border-radius: 2px;
    background: var(--role);
    border: 2px solid var(--role);
  }
  .entry.drums i {
    width: 0.65rem;
    height: 0.65rem;
    border-radius: 0;
    rotate: 45deg;
  }
  .entry[aria-pressed='false'] {
    color: var(--ink-soft);
    text-decoration: line-through;
    font-weight: 400;
  }
  .entry[aria-pressed='false'] i {
    background: none;
  }
  .sources {
    margin-inline-end: auto;
    font-size: 0.875rem;
  }
  .sources i {
    width: 1.1rem;
    height: 0.75rem;
    border-radius: 2px;
    background: linear-gradient(var(--a) 50%, var(--b) 50%);
  }
  .sources [aria-pressed='true'] {
    border-color: var(--ink);
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
`;
