/** What the transport's parts share. */
import { css } from 'lit';

export const transportStyle = css`
  :host {
    display: inline-flex;
    align-items: center;
    gap: 0.35rem;
    min-width: 0;
  }
  .round {
    width: 2.5rem;
    height: 2.5rem;
    min-height: 0;
  }
  .toggle {
    min-height: 2.25rem;
    padding: 0.2rem 0.6rem;
    font-size: 0.9375rem;
    white-space: nowrap;
  }
  [aria-pressed='true'] {
    background: var(--ink);
    color: var(--paper);
    border-color: var(--ink);
  }
  input[type='range'] {
    min-width: 0;
    min-height: 1.5rem;
    margin: 0;
    accent-color: var(--ink);
  }
  @media (forced-colors: active) {
    [aria-pressed='true'] {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
      border-color: Highlight;
    }
  }
`;

/** After the pointer has moved a slider, the keys are the player's again. */
export function releaseFocus(event: Event): void {
  (event.target as HTMLElement).blur();
}
