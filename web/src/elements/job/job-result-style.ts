import { css } from 'lit';

export const jobResultStyle = css`
  :host {
    display: grid;
    gap: 1.75rem;
    min-width: 0;
  }
  article {
    display: grid;
    gap: 1rem;
    min-width: 0;
  }
  header {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0.75rem;
    align-items: center;
    min-height: 2.6rem;
  }
  h2 {
    font-size: 1.35rem;
    overflow-wrap: anywhere;
  }
  h3 {
    font-size: 1.5rem;
    margin-bottom: 0.6rem;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0.75rem 2rem;
  }
  .group,
  .links {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 0.4rem 0.9rem;
  }
  .group {
    gap: 0.4rem;
  }
  .links {
    font-size: 0.9375rem;
  }
  .links a {
    padding-block: 0.4rem;
  }
  .claim {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 1rem;
    background: var(--well);
    border-radius: var(--radius);
    padding: 0.6rem 0.9rem;
  }
  .choices {
    border: 0;
    margin: 0;
    padding: 0;
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    min-width: 0;
  }
  .choices legend {
    padding: 0;
    margin-bottom: 0.4rem;
    font-weight: 600;
  }
  .choices label {
    display: flex;
    gap: 0.5rem;
    align-items: baseline;
    position: relative;
    padding: 0.4rem 0.8rem;
    min-height: 2.5rem;
    border: 1.5px solid var(--edge);
    border-radius: var(--radius);
    background: var(--sheet);
    cursor: pointer;
  }
  .choices b {
    font: italic 700 1.25rem/1 var(--display);
  }
  .choices label:has(:checked) {
    background: var(--ink);
    color: var(--paper);
    border-color: var(--ink);
  }
  .choices label:has(:focus-visible) {
    outline: 3px solid var(--focus);
    outline-offset: 3px;
  }
  .parents {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    gap: 0.75rem;
  }
  .parents li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.6rem 1rem;
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-inline-start: 6px solid var(--side);
    border-radius: var(--radius);
    padding: 0.7rem 0.9rem;
  }
  .parents .a {
    --side: var(--a);
  }
  .parents .b {
    --side: var(--b);
  }
  .generation {
    display: block;
    font-weight: 400;
    color: var(--ink-soft);
  }
  .title {
    flex: 1 1 9rem;
    font-weight: 600;
    overflow-wrap: anywhere;
    line-height: 1.3;
  }
`;
