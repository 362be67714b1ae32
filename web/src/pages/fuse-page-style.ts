import { css } from 'lit';

/** One screen from 48rem on: pieces and mix above, the roll below, as high as the window; a phone has three tabs. */
export const fusePageStyle = css`
  :host {
    display: block;
    --deck-height: 18.6rem;
    /* The header above and the player below. */
    --chrome: 7.4rem;
  }
  .work {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: auto var(--deck-height) minmax(0, 1fr);
    gap: 0.5rem;
    height: calc(100dvh - var(--chrome));
    min-height: 36rem;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0 1.5rem;
    border-bottom: 1.5px solid var(--ink);
  }
  .autoplay {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    min-height: 2rem;
    font-size: 0.9375rem;
  }
  .autoplay input {
    width: 1.5rem;
    height: 1.5rem;
    margin: 0;
    accent-color: var(--ink);
  }
  .deck {
    display: grid;
    grid-template-rows: minmax(0, 1fr);
    min-height: 0;
    min-width: 0;
  }
  form {
    display: grid;
    grid-template-rows: minmax(0, 1fr);
    min-height: 0;
    gap: 0.75rem;
    grid-template-columns: minmax(15rem, 1fr) minmax(0, 2.25fr) minmax(15rem, 1fr);
    grid-template-areas: 'a mix b';
  }
  form.gan {
    grid-template-columns: minmax(0, 1fr);
    grid-template-areas: 'mix';
  }
  .a {
    grid-area: a;
  }
  .b {
    grid-area: b;
  }
  .mix {
    grid-area: mix;
  }
  .a,
  .b,
  .mix {
    min-height: 0;
    min-width: 0;
  }
  .pieces {
    display: contents;
  }
  .column {
    display: grid;
    grid-template-rows: minmax(0, 1fr);
    gap: 0.5rem;
    min-height: 0;
  }
  .column.many {
    overflow: hidden auto;
    grid-template-rows: none;
    grid-auto-rows: minmax(13rem, auto);
    align-content: start;
    scrollbar-width: thin;
  }
  .mix {
    display: grid;
    position: relative;
  }
  .gan .mix {
    overflow: hidden auto;
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-top: 5px solid var(--mix);
    border-radius: var(--radius);
    padding: 0.7rem 1rem;
    gap: 0.6rem;
    align-content: start;
  }
  .gan .top {
    display: grid;
    grid-template-columns: minmax(0, 24rem) auto;
    gap: 0.5rem 1.5rem;
    align-items: start;
  }
  .submit {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.3rem 0.5rem;
  }
  .gan .submit {
    padding-top: 1.35rem;
  }
  .primary {
    min-height: 2.5rem;
    padding: 0.4rem 1.4rem;
    min-width: 7rem;
  }
  .tool {
    min-height: 2.1rem;
    padding: 0.2rem 0.5rem;
    font-size: 0.9375rem;
  }
  .why {
    color: var(--ink-soft);
    font-size: 0.9375rem;
    line-height: 1.2;
  }
  .outcome {
    min-height: 0;
    min-width: 0;
    display: grid;
  }
  .details {
    margin-top: 1.5rem;
    padding-bottom: 2rem;
    min-width: 0;
  }
  .tabs {
    display: none;
  }
  @media (min-width: 48rem) and (max-width: 71.99rem) {
    .work {
      height: auto;
      grid-template-rows: auto auto 30rem;
    }
    .deck,
    form {
      grid-template-rows: none;
    }
    form {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      grid-template-areas: 'a b' 'mix mix';
    }
    .a,
    .b {
      max-height: 16rem;
    }
  }
  @media (max-width: 47.99rem) {
    /* A swipe to the side turns the tabs: the browser must not take it for Back. */
    :host {
      touch-action: pan-y pinch-zoom;
    }
    .work {
      height: auto;
      min-height: 0;
      display: block;
    }
    .tabs {
      position: sticky;
      top: 0;
      z-index: 2;
      display: grid;
      grid-template-columns: repeat(3, 1fr);
      background: var(--paper);
      border-bottom: 1.5px solid var(--ink);
      margin-bottom: 0.6rem;
    }
    .tabs button {
      border: 0;
      border-radius: 0;
      background: none;
      min-height: 2.75rem;
      box-shadow: none;
      color: var(--ink-soft);
    }
    .tabs [aria-selected='true'] {
      color: var(--ink);
      box-shadow: inset 0 -4px 0 var(--ink);
    }
    .deck,
    form,
    form.gan {
      display: block;
    }
    .bar,
    .pieces,
    .mix,
    .outcome,
    .details {
      display: none;
    }
    [data-tab='pieces'] .bar,
    [data-tab='pieces'] .pieces,
    [data-tab='mix'] .mix,
    [data-tab='result'] .outcome,
    [data-tab='result'] + .details {
      display: grid;
      gap: 0.6rem;
    }
    .column,
    .column.many {
      overflow: visible;
      grid-template-rows: none;
    }
    .a,
    .b,
    .mix {
      grid-area: auto;
    }
    .mix {
      padding-bottom: 1rem;
    }
    .gan .top {
      grid-template-columns: minmax(0, 1fr);
    }
    .primary {
      min-height: 2.75rem;
      flex: 1;
    }
    .tool {
      min-height: 2.6rem;
    }
    .autoplay {
      min-height: 2.6rem;
    }
  }
  @media (forced-colors: active) {
    .tabs [aria-selected='true'] {
      border-bottom: 4px solid Highlight;
    }
  }
`;
