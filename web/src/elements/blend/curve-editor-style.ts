import { css } from 'lit';

export const curveEditorStyle = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.3rem;
    min-width: 0;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.3rem;
    margin: 0;
  }
  .foot {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 1rem;
  }
  .foot .check {
    min-height: 1.5rem;
    font-size: 0.875rem;
    gap: 0.4rem;
    white-space: nowrap;
  }
  .preset {
    display: flex;
    align-items: center;
    gap: 0.35rem;
    padding: 0.1rem 0.5rem;
    min-height: 1.75rem;
    font-size: 0.875rem;
    border: 1.5px solid var(--edge);
    border-radius: var(--radius);
    background: var(--sheet);
    cursor: pointer;
    position: relative;
  }
  .preset:has(:checked) {
    background: var(--ink);
    border-color: var(--ink);
    color: var(--paper);
  }
  .preset:has(:focus-visible) {
    outline: 3px solid var(--focus);
    outline-offset: 2px;
  }
  .preset svg {
    width: 1.7rem;
    height: 1rem;
    fill: none;
    stroke: currentColor;
    stroke-width: 3;
    stroke-linejoin: round;
    stroke-linecap: round;
  }
  button {
    min-height: 1.75rem;
    padding: 0.1rem 0.5rem;
    font-size: 0.875rem;
  }
  .area {
    position: relative;
    height: 4.6rem;
    margin-inline: 0.75rem;
    background:
      linear-gradient(var(--b), var(--b)) top / 100% 2px no-repeat,
      linear-gradient(var(--a), var(--a)) bottom / 100% 2px no-repeat,
      var(--well);
    cursor: crosshair;
    touch-action: none;
    user-select: none;
  }
  .area > svg {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    overflow: visible;
  }
  .area path {
    fill: none;
    stroke: var(--mix);
    stroke-width: 3;
    stroke-linejoin: round;
    vector-effect: non-scaling-stroke;
  }
  .area line {
    stroke: var(--line);
    vector-effect: non-scaling-stroke;
  }
  .end {
    position: absolute;
    left: 0.4rem;
    font: italic 700 1rem/1 var(--display);
    pointer-events: none;
  }
  .end.a {
    bottom: 0.25rem;
    color: var(--a-text);
  }
  .end.b {
    top: 0.3rem;
    color: var(--b-text);
  }
  .point {
    position: absolute;
    width: 1.5rem;
    height: 1.5rem;
    translate: -50% -50%;
    display: grid;
    place-items: center;
    cursor: grab;
    touch-action: none;
    border-radius: 50%;
  }
  .point::before {
    content: '';
    width: 0.85rem;
    height: 0.85rem;
    border-radius: 50%;
    background: var(--ink);
    border: 2px solid var(--sheet);
    box-shadow: 0 0 0 1.5px var(--ink);
    forced-color-adjust: none;
  }
  .point.selected::before {
    background: var(--sheet);
  }
  .point:focus-visible {
    outline-offset: -2px;
  }
  .read {
    font-size: 0.875rem;
    font-variant-numeric: tabular-nums;
    line-height: 1.2;
    color: var(--ink-soft);
  }
  @media (pointer: coarse) {
    .area {
      height: 10rem;
      margin-inline: 1.3rem;
    }
    .point {
      width: 2.6rem;
      height: 2.6rem;
    }
    .preset,
    button,
    .foot .check {
      min-height: 2.6rem;
    }
  }
`;
