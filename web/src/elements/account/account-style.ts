/** Styles that the parts of the account page share. */
import { css } from 'lit';

export const accountStyle = css`
  h2 {
    font-size: 1.6rem;
    margin-bottom: 0.6rem;
  }
  h3 {
    font: 600 1rem/1.3 var(--text);
    letter-spacing: 0;
    margin-block: 1.25rem 0.4rem;
  }
  form {
    display: grid;
    gap: 0.9rem;
    max-width: 26rem;
  }
  ul.rows {
    list-style: none;
    margin: 0;
    padding: 0;
    border-top: 1px solid var(--line);
  }
  ul.rows li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.3rem 1rem;
    padding-block: 0.55rem;
    border-bottom: 1px solid var(--line);
  }
  ul.rows .what {
    min-width: 0;
    flex: 1 1 14rem;
    overflow-wrap: anywhere;
  }
  ul.rows .soft {
    display: block;
    font-size: 0.9375rem;
  }
  .hint-line {
    max-width: 34rem;
    margin-bottom: 0.75rem;
  }
  .status {
    margin-block: 0.75rem;
  }
  .status:empty {
    margin-block: 0.35rem;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.6rem;
    align-items: center;
  }
  .tag {
    font-size: 0.8125rem;
    font-weight: 600;
    border: 1px solid var(--edge);
    border-radius: 999px;
    padding: 0.05rem 0.55rem;
    margin-inline-start: 0.4rem;
    white-space: nowrap;
  }
  error-message {
    display: block;
  }
  error-message:not([hidden]) {
    max-width: 34rem;
  }
  button.danger {
    color: var(--wrong);
    border-color: var(--wrong);
  }
`;
