import { css } from 'lit';

export const blendControlsStyle = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: auto auto auto minmax(0, 1fr);
    gap: 0.4rem;
    min-width: 0;
    min-height: 0;
  }
  .main {
    position: relative;
    min-width: 0;
    min-height: 3.4rem;
  }
  .main.shares {
    min-height: 1.3rem;
  }
  /* Beside the value of the weight, where it moves nothing when it comes and goes. */
  .blocker {
    position: absolute;
    inset: auto auto 0 0;
    max-width: 38%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .main.shares .blocker {
    max-width: 100%;
  }
  .over-time {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: end;
    gap: 0.25rem 1rem;
    min-height: 3.4rem;
  }
  .over-time button {
    min-height: 2.1rem;
    padding: 0.2rem 0.7rem;
    font-size: 0.9375rem;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.3rem 0.5rem;
  }
  .tabs {
    display: flex;
    gap: 0 0.1rem;
    overflow-x: auto;
    scrollbar-width: none;
    border-bottom: 1.5px solid var(--line);
  }
  .tabs button {
    flex: none;
    border: 0;
    border-radius: 0;
    background: none;
    min-height: 2rem;
    padding: 0.15rem 0.55rem;
    font-size: 0.875rem;
    color: var(--ink-soft);
    gap: 0.3rem;
    box-shadow: none;
  }
  .tabs button[aria-selected='true'] {
    color: var(--ink);
    box-shadow: inset 0 -3px 0 var(--ink);
  }
  .tabs button:hover {
    color: var(--ink);
  }
  .tabs button:focus-visible {
    outline-offset: -3px;
  }
  .count {
    display: inline-grid;
    place-items: center;
    min-width: 1.15rem;
    height: 1.15rem;
    padding-inline: 0.25rem;
    border-radius: 0.6rem;
    background: var(--mix);
    color: var(--paper);
    font-size: 0.75rem;
  }
  .panel {
    min-height: 0;
    overflow: hidden auto;
    padding: 0.3rem 0.25rem 0.25rem;
    scrollbar-width: thin;
  }
  @media (max-width: 47.99rem) {
    .blocker {
      position: static;
      display: block;
      max-width: none;
      white-space: normal;
      text-align: center;
    }
  }
  @media (forced-colors: active) {
    .tabs button[aria-selected='true'] {
      border-bottom: 3px solid Highlight;
    }
  }
  @media (pointer: coarse) {
    .tabs button {
      min-height: 2.6rem;
      padding-inline: 0.7rem;
    }
  }
`;
