import { css } from 'lit';

export const libraryPageStyle = css`
  :host {
    display: block;
  }
  h1 {
    font-size: clamp(2.6rem, 2rem + 2.6vw, 4rem);
  }
  .lead {
    font-size: 1.125rem;
    max-width: 42rem;
    margin-block: 0.75rem 1.5rem;
  }
  .back {
    margin-block: 0.75rem 1.5rem;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 0.75rem 1rem;
    margin-bottom: 1.25rem;
  }
  .search {
    flex: 0 1 22rem;
  }
  .field > :is(input, select) {
    font-weight: 400 !important;
  }
  .starred[aria-pressed='true'] {
    background: var(--ink);
    color: var(--paper);
    border-color: var(--ink);
  }
  .count {
    min-height: 2.5rem;
    display: grid;
    align-items: center;
    color: var(--ink-soft);
    font-variant-numeric: tabular-nums;
  }
  .clear {
    margin-inline-start: auto;
  }
  #list:focus {
    outline: none;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
    border-bottom: 1.5px solid var(--line);
  }
  .more {
    margin-top: 1.25rem;
    display: grid;
    justify-content: center;
  }
  .empty {
    border-top: 1.5px solid var(--line);
    padding-block: 2.5rem;
    display: grid;
    gap: 1.25rem;
    justify-items: start;
    font-size: 1.125rem;
  }
  .links {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
  }
  undo-bar.raised {
    --undo-bottom: 6.5rem;
  }
  @media (max-width: 40rem) {
    .lead {
      margin-block: 0.5rem 1rem;
      font-size: 1rem;
    }
    .search {
      flex-basis: 100%;
    }
    .field:not(.search) {
      flex: 1 1 8rem;
    }
    .count {
      flex: 1 1 auto;
    }
  }
`;
