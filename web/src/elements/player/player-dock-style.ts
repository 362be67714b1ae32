import { css } from 'lit';

export const playerDockStyle = css`
  :host {
    position: sticky;
    bottom: 0;
    z-index: 2;
    display: block;
  }
  section {
    background: var(--sheet);
    border-top: 2px solid var(--ink);
    padding: 0.45rem max(clamp(0.75rem, 2vw, 1.5rem), env(safe-area-inset-left));
    display: grid;
    grid-template-columns: auto minmax(5rem, 13rem) minmax(5rem, 1fr) auto auto auto;
    align-items: center;
    gap: 0.3rem 0.8rem;
  }
  .buttons,
  .extra,
  .end {
    display: flex;
    align-items: center;
    gap: 0.3rem;
  }
  .extra {
    gap: 0.3rem 0.5rem;
  }
  .title {
    min-width: 0;
    line-height: 1.25;
  }
  .title strong,
  .title span {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .title strong {
    font-weight: 600;
  }
  .title span {
    font-size: 0.875rem;
    color: var(--ink-soft);
  }
  .time {
    font-variant-numeric: tabular-nums;
    font-size: 0.9375rem;
    white-space: nowrap;
  }
  .seek input {
    width: 100%;
    accent-color: var(--ink);
    min-height: 1.5rem;
    margin: 0;
    display: block;
  }
  .problem {
    grid-column: 1 / -1;
    margin: 0;
  }
  .round.play {
    width: 2.75rem;
    height: 2.75rem;
  }
  .more {
    display: none;
  }
  [aria-pressed='true'],
  [aria-expanded='true'] {
    background: var(--ink);
    color: var(--paper);
    border-color: var(--ink);
  }
  @media (max-width: 78rem) {
    section {
      grid-template-columns: auto minmax(0, 1fr) auto auto;
    }
    .seek {
      grid-column: 1 / -1;
      grid-row: 2;
    }
    .more {
      display: inline-flex;
    }
    .extra {
      grid-column: 1 / -1;
      grid-row: 3;
      flex-wrap: wrap;
      padding-block: 0.2rem 0.4rem;
    }
    .extra:not(.open) {
      display: none;
    }
  }
  @media (max-width: 30rem) {
    .skip,
    .end .keys {
      display: none;
    }
    section {
      gap: 0.2rem 0.5rem;
    }
  }
  /* The fusion page has the same switch above its roll. */
  @media (min-width: 48rem) and (max-width: 87.99rem) {
    compare-switch.fuse {
      display: none;
    }
  }
  @media (forced-colors: active) {
    [aria-pressed='true'] {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
`;
