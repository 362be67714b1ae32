import { css } from 'lit';

export const galleryCardStyle = css`
  :host {
    display: grid;
    min-width: 0;
  }
  article {
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    padding: 1rem;
    display: grid;
    gap: 0.8rem;
    align-content: start;
    grid-template-rows: auto auto 1fr;
    min-width: 0;
    position: relative;
  }
  article::before {
    content: '';
    position: absolute;
    inset: -1.5px -1.5px auto;
    height: 6px;
    background: var(--ink);
  }
  .vae::before,
  .hybrid::before {
    background: linear-gradient(to right, var(--a), var(--mix), var(--b));
  }
  header {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0.9rem;
    align-items: center;
    padding-top: 0.25rem;
  }
  h3 {
    font-size: 1.5rem;
    overflow-wrap: anywhere;
  }
  .kind {
    font-size: 0.875rem;
    color: var(--ink-soft);
    line-height: 1.35;
    margin-top: 0.2rem;
  }
  .parents {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    gap: 0.4rem;
    align-content: start;
  }
  .parents li {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0.7rem;
    align-items: center;
    font-size: 0.9375rem;
    line-height: 1.3;
    padding-inline-start: 0.7rem;
    border-inline-start: 4px solid var(--side);
  }
  .parents b {
    font: italic 700 1.1em/1 var(--display);
    margin-inline-end: 0.15rem;
  }
  .parents .a {
    --side: var(--a);
  }
  .parents .b {
    --side: var(--b);
  }
  summary {
    cursor: pointer;
    min-height: 1.5rem;
    font-size: 0.9375rem;
  }
  dl {
    display: flex;
    flex-wrap: wrap;
    gap: 0.35rem 1.25rem;
    margin: 0.3rem 0 0;
    font-size: 0.9375rem;
  }
  dt {
    font-size: 0.8125rem;
    color: var(--ink-soft);
  }
  dd {
    margin: 0;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
`;
