import { css } from 'lit';

export const batchFormStyle = css`
  /* About as high as the list, so that little moves when it comes. */
  .loading {
    min-height: min(31rem, 70vh);
  }
  form {
    display: grid;
    gap: 1.4rem;
    justify-items: start;
    max-width: 46rem;
  }
  fieldset {
    width: 100%;
  }
  .kinds,
  .weights {
    display: flex;
    flex-wrap: wrap;
    gap: 0.4rem 1.4rem;
  }
  .kinds legend {
    float: left;
    width: 100%;
  }
  .choices {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr));
    gap: 0.3rem 1.2rem;
    max-height: 17rem;
    overflow-y: auto;
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    background: var(--sheet);
    padding: 0.7rem;
  }
  .choices span {
    overflow-wrap: anywhere;
    min-width: 0;
  }
  .versions {
    max-width: 18rem;
  }
  .versions input {
    max-width: 7rem;
  }
  .count {
    font-weight: 600;
  }
`;
