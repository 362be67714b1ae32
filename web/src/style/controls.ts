/** Styles that elements share: base, buttons and form fields. */
import { css } from 'lit';

export const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host([hidden]) {
    display: none !important;
  }
  h1,
  h2,
  h3 {
    font: italic 560 1em/1.08 var(--display);
    letter-spacing: -0.012em;
    margin: 0;
    text-wrap: balance;
  }
  p {
    margin: 0;
    text-wrap: pretty;
  }
  a {
    color: inherit;
    text-decoration-thickness: 1px;
    text-underline-offset: 0.22em;
  }
  a:hover {
    text-decoration-thickness: 2px;
  }
  :focus-visible {
    outline: 3px solid var(--focus);
    outline-offset: 3px;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .soft {
    color: var(--ink-soft);
  }
  .problem {
    background: var(--wrong-wash);
    border-inline-start: 4px solid var(--wrong);
    padding: 0.7rem 0.9rem;
    white-space: pre-line;
    overflow-wrap: anywhere;
  }
  .problem strong {
    color: var(--wrong);
    display: block;
  }
`;

export const buttons = css`
  button,
  .button {
    font: 600 1rem/1.2 var(--text);
    color: var(--ink);
    background: var(--sheet);
    border: 1.5px solid var(--edge);
    border-radius: var(--radius);
    padding: 0.55rem 0.95rem;
    min-height: 2.5rem;
    cursor: pointer;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    text-decoration: none;
    transition:
      box-shadow 140ms ease-out,
      transform 140ms ease-out;
  }
  button:hover:not([aria-disabled='true']),
  .button:hover {
    border-color: var(--ink);
    box-shadow: 0 0 0 1px var(--ink);
  }
  /* Hovering shows the two colors as offset shadows. */
  .primary {
    color: var(--paper);
    background: var(--ink);
    border-color: var(--ink);
    padding: var(--primary-padding, 0.8rem 1.5rem);
    min-height: var(--primary-height, 3.1rem);
    font-size: 1.0625rem;
  }
  .primary:hover:not([aria-disabled='true']) {
    box-shadow:
      -5px 4px 0 var(--a),
      5px -4px 0 var(--b);
  }
  .primary:active:not([aria-disabled='true']) {
    box-shadow:
      -2px 1px 0 var(--a),
      2px -1px 0 var(--b);
  }
  button[aria-disabled='true'] {
    cursor: not-allowed;
    color: var(--ink-soft);
    background: var(--well);
    border-color: var(--line);
    border-style: dashed;
  }
  .quiet {
    background: none;
    border-color: transparent;
    padding-inline: 0.6rem;
  }
  .round {
    border-radius: 50%;
    width: var(--round-size, 3rem);
    height: var(--round-size, 3rem);
    min-height: 0;
    padding: 0;
    flex: none;
  }
  svg.icon {
    width: 1.15em;
    height: 1.15em;
    fill: currentColor;
    flex: none;
  }
  @media (forced-colors: active) {
    .primary {
      forced-color-adjust: none;
      color: ButtonFace;
      background: ButtonText;
      border-color: ButtonText;
    }
    button[aria-disabled='true'] {
      forced-color-adjust: auto;
      color: GrayText;
      border-color: GrayText;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    button,
    .button {
      transition: none;
    }
  }
`;

export const fields = css`
  label,
  .label {
    font-weight: 600;
    font-size: 0.9375rem;
  }
  .field {
    display: grid;
    gap: 0.3rem;
    align-content: start;
    min-width: 0;
  }
  .hint {
    color: var(--ink-soft);
    font-size: 0.875rem;
    line-height: 1.4;
  }
  select,
  input:not([type='range'], [type='checkbox'], [type='radio'], [type='file']) {
    font: inherit;
    font-size: 1rem;
    color: inherit;
    background: var(--sheet);
    border: 1.5px solid var(--edge);
    border-radius: var(--radius);
    padding: 0.4rem 0.6rem;
    min-height: 2.5rem;
    width: 100%;
    min-width: 0;
  }
  input::placeholder {
    color: var(--ink-soft);
    opacity: 1;
  }
  input[type='checkbox'],
  input[type='radio'] {
    width: 1.5rem;
    height: 1.5rem;
    margin: 0;
    accent-color: var(--ink);
    flex: none;
  }
  .check {
    display: flex;
    gap: 0.6rem;
    align-items: center;
    min-height: 2rem;
    font-weight: 400;
  }
  fieldset {
    border: 0;
    margin: 0;
    padding: 0;
    min-width: 0;
  }
  legend {
    padding: 0;
    font-weight: 600;
    font-size: 0.9375rem;
    margin-bottom: 0.3rem;
  }
`;

/** A bar of progress: `.bar` with a `.fill`, whose color and width are its owner's. */
export const progressBar = css`
  .bar {
    height: 10px;
    background: var(--well);
    border-radius: 5px;
    overflow: clip;
  }
  .fill {
    height: 100%;
    min-width: 10px;
    border-radius: 5px;
  }
`;
