import { css } from 'lit';

export const shareDialogStyle = css`
  dialog {
    color: var(--ink);
    background: var(--paper);
    border: 1.5px solid var(--edge);
    border-radius: var(--radius);
    padding: 0;
    width: min(36rem, calc(100vw - 1.5rem));
    max-height: calc(100dvh - 1.5rem);
    text-align: start;
  }
  dialog::backdrop {
    background: rgb(17 19 28 / 55%);
  }
  .content {
    padding: 1.25rem clamp(1rem, 4vw, 1.75rem) 1.75rem;
    display: grid;
    gap: 1rem;
  }
  header {
    display: flex;
    justify-content: space-between;
    align-items: start;
    gap: 1rem;
  }
  h2 {
    font-size: 1.6rem;
    overflow-wrap: anywhere;
    min-width: 0;
  }
  h3 {
    font-size: 1.25rem;
  }
  form {
    display: grid;
    gap: 0.8rem;
    justify-items: start;
  }
  .field {
    width: 100%;
    max-width: 16rem;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    gap: 1rem;
  }
`;
