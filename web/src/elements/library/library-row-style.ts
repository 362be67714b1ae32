import { css } from 'lit';

export const libraryRowStyle = css`
  :host {
    display: block;
    min-width: 0;
  }
  article {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) 96px minmax(0, 11rem) auto;
    grid-template-areas: 'play title mix time actions';
    align-items: center;
    gap: 0.35rem 1.1rem;
    padding-block: 0.8rem;
    border-top: 1.5px solid var(--line);
  }
  play-button {
    grid-area: play;
  }
  .title {
    grid-area: title;
    min-width: 0;
    line-height: 1.35;
  }
  h2 {
    font: 600 1.0625rem/1.3 var(--text);
    letter-spacing: 0;
    overflow-wrap: anywhere;
    text-wrap: wrap;
  }
  h2 a {
    text-decoration: none;
  }
  h2 a:hover {
    text-decoration: underline;
  }
  .origin,
  .facts {
    font-size: 0.9375rem;
    color: var(--ink-soft);
    overflow-wrap: anywhere;
  }
  .facts {
    font-variant-numeric: tabular-nums;
  }
  .origin b {
    font: italic 700 1.05em/1 var(--display);
  }
  .origin b.a {
    color: var(--a-text);
  }
  .origin b.b {
    color: var(--b-text);
  }
  mix-picture {
    grid-area: mix;
  }
  .time {
    grid-area: time;
    font-size: 0.9375rem;
    line-height: 1.35;
    color: var(--ink-soft);
  }
  .time span {
    display: block;
  }
  .actions {
    grid-area: actions;
    display: grid;
    grid-template-columns: repeat(5, 2.75rem);
    gap: 0.1rem;
  }
  .actions button,
  .actions .button {
    width: 2.75rem;
    height: 2.75rem;
    padding: 0;
  }
  .actions [aria-pressed='true'] {
    color: var(--a-text);
  }
  form {
    display: flex;
    flex-wrap: wrap;
    gap: 0.4rem;
  }
  form input {
    flex: 1 1 12rem;
    font-weight: 600 !important;
  }
  form .problem {
    flex-basis: 100%;
    padding-block: 0.3rem;
  }
  @media (max-width: 60rem) {
    article {
      grid-template-columns: auto minmax(0, 1fr) auto;
      grid-template-areas:
        'play title title'
        'play mix   mix'
        'play time  actions';
      align-items: start;
    }
    .time {
      align-self: center;
    }
    .time span {
      display: inline;
    }
    .time span + span::before {
      content: '· ';
    }
  }
  @media (max-width: 32rem) {
    article {
      gap: 0.35rem 0.8rem;
      grid-template-areas:
        'play title title'
        'play mix   mix'
        'play time  time'
        'play actions actions';
    }
    .actions {
      margin-inline-start: -0.7rem;
    }
  }
`;
