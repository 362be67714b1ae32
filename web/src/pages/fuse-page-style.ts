import { css } from 'lit';

export const fusePageStyle = css`
  :host {
    display: block;
  }
  h1 {
    font-size: clamp(2.6rem, 2rem + 2.6vw, 4rem);
    margin-bottom: 1rem;
  }
  form {
    display: grid;
    gap: 1.5rem;
    padding-top: 1.25rem;
    min-width: 0;
  }
  .lead {
    font-size: 1.125rem;
  }
  .slots {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto minmax(0, 1fr);
    gap: 0.75rem;
  }
  .swap {
    align-self: center;
  }
  .more summary {
    cursor: pointer;
    font-weight: 600;
    min-height: 1.75rem;
  }
  .more[open] summary {
    margin-bottom: 1rem;
  }
  .submit {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.75rem 1.5rem;
    padding-block: 0.5rem;
  }
  .primary {
    min-width: 12rem;
  }
  .why {
    color: var(--ink-soft);
  }
  .outcome {
    display: grid;
    gap: 1rem;
    min-width: 0;
    scroll-margin-top: 1rem;
  }
  .outcome:has(job-progress, job-result, p:not(.visually-hidden)) {
    border-top: 2px solid var(--ink);
    margin-top: 1.75rem;
    padding-top: 1.75rem;
  }
  @media (max-width: 44rem) {
    .slots {
      grid-template-columns: minmax(0, 1fr);
    }
    .swap {
      justify-self: center;
      rotate: 90deg;
    }
    .primary {
      width: 100%;
    }
  }
`;
