import { css } from 'lit';

export const stageStyle = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: auto minmax(0, 1fr);
    gap: 0.3rem;
    min-width: 0;
    min-height: 0;
  }
  .head {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) minmax(0, auto);
    align-items: center;
    gap: 0.2rem 1rem;
    min-height: 2.9rem;
  }
  .views {
    display: flex;
  }
  .views button {
    border-radius: 0;
    margin-inline-start: -1.5px;
    min-height: 2.1rem;
    padding: 0.15rem 0.75rem;
    font: italic 620 1.125rem/1.1 var(--display);
  }
  .views button:first-child {
    border-radius: var(--radius) 0 0 var(--radius);
    margin: 0;
  }
  .views button:last-child {
    border-radius: 0 var(--radius) var(--radius) 0;
  }
  .views [aria-pressed='true'] {
    background: var(--ink);
    border-color: var(--ink);
    color: var(--paper);
  }
  .views .a {
    border-bottom: 4px solid var(--a);
  }
  .views .b {
    border-bottom: 4px solid var(--b);
  }
  .views .blend,
  .views .preview {
    border-bottom: 4px solid var(--mix);
  }
  .title {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    min-width: 0;
  }
  .name {
    font: italic 560 1.35rem/1.15 var(--display);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    padding-block: 0.1em;
  }
  result-header,
  play-button {
    --round-size: 2.3rem;
    --primary-height: 2.3rem;
    --primary-padding: 0.2rem 0.9rem;
  }
  .empty .name {
    color: var(--ink-soft);
  }
  .mark {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: end;
    gap: 0.2rem 0.5rem;
  }
  .mark b {
    font-weight: 600;
    padding-inline-start: 0.6rem;
    border-inline-start: 4px solid var(--mix);
    line-height: 1.2;
  }
  .mark button {
    min-height: 2rem;
    padding: 0.15rem 0.7rem;
    font-size: 0.9375rem;
  }
  job-progress {
    width: min(34rem, 46vw);
  }
  .problems {
    grid-column: 1 / -1;
    display: grid;
    gap: 0.4rem;
    justify-items: start;
  }
  .problems:empty {
    display: none;
  }
  .roll {
    position: relative;
    min-height: 0;
    display: grid;
  }
  .roll:has(bar-shares) {
    grid-template-rows: auto minmax(0, 1fr);
    gap: 0.3rem;
  }
  /* The shares of a blend come after its notes: their place is kept, so that nothing moves. */
  .roll:has(bar-shares.blend) {
    grid-template-rows: minmax(1.25rem, auto) minmax(0, 1fr);
  }
  .roll.outdated {
    outline: 2px dashed var(--mix);
    outline-offset: 2px;
  }
  .nothing {
    border: 1.5px dashed var(--edge);
    border-radius: var(--radius);
    background: var(--sheet);
    display: grid;
    place-items: center;
    text-align: center;
    min-height: 8rem;
    padding: 1rem;
    color: var(--ink-soft);
  }
  interpolation-roll {
    min-height: 0;
  }
  @media (max-width: 64rem) {
    .head {
      grid-template-columns: auto minmax(0, 1fr);
    }
    .head > :last-child:not(.title) {
      grid-column: 1 / -1;
    }
    job-progress {
      width: 100%;
    }
    .mark {
      justify-content: start;
    }
  }
  @media (max-width: 47.99rem) {
    .head {
      grid-template-columns: minmax(0, 1fr);
    }
    .views button {
      flex: 1;
      min-height: 2.6rem;
    }
    .mark button {
      min-height: 2.6rem;
    }
    piano-roll {
      min-height: 24rem;
    }
    .nothing {
      min-height: 14rem;
    }
  }
  @media (forced-colors: active) {
    .views [aria-pressed='true'] {
      outline: 3px solid Highlight;
      outline-offset: -3px;
    }
  }
`;
