import { css } from 'lit';

export const sourceStripStyle = css`
  :host {
    display: block;
    min-width: 0;
  }
  section {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.6rem;
  }
  h3 {
    font-size: 1.5rem;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.25rem;
    list-style: none;
    margin: 0;
    padding: 0;
    font-size: 0.9375rem;
  }
  .legend li {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    min-width: 0;
    overflow-wrap: anywhere;
    line-height: 1.3;
  }
  .legend i {
    width: 1.9rem;
    height: 1rem;
    flex: none;
    border-radius: 2px;
  }
  .chart {
    --names: 8.6rem;
    position: relative;
    display: grid;
    grid-template-columns: var(--names) minmax(0, 1fr);
    gap: 3px 0;
    padding: 0.6rem 0.75rem 0.4rem;
    background: var(--sheet);
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    cursor: crosshair;
    touch-action: pan-y;
    user-select: none;
  }
  .name {
    font-size: 0.875rem;
    line-height: 1.25rem;
    padding-inline-end: 0.6rem;
  }
  .bars {
    display: flex;
    height: 1.25rem;
    min-width: 0;
  }
  .run {
    flex: 1 1 0;
    min-width: 0;
    container-type: inline-size;
    display: grid;
    place-items: center;
    border-inline-end: 1px solid var(--sheet);
    overflow: hidden;
  }
  .run b {
    display: none;
    font: italic 700 0.875rem/1 var(--display);
    color: var(--ink);
    background: var(--sheet);
    padding: 0.05rem 0.28rem 0.1rem;
    border-radius: 2px;
  }
  @container (min-width: 1.75rem) {
    .run:not(.source-between) b {
      display: block;
    }
  }
  @container (min-width: 5rem) {
    .run b {
      display: block;
    }
  }
  /* A pattern beside the color: A is plain, B striped, a mixture dotted, a rest a line, any other parent barred. */
  .run,
  .legend i {
    forced-color-adjust: none;
  }
  .source-0 {
    background: var(--a);
  }
  .source-1 {
    background: repeating-linear-gradient(
      135deg,
      var(--b) 0 4px,
      color-mix(in srgb, var(--b) 62%, var(--sheet)) 4px 6.5px
    );
  }
  .source-other {
    background: repeating-linear-gradient(
      0deg,
      var(--drums) 0 3px,
      color-mix(in srgb, var(--drums) 45%, var(--sheet)) 3px 5px
    );
  }
  .source-between {
    background: radial-gradient(circle, var(--sheet) 1px, transparent 1.6px) 0 0 / 6px 6px var(--mix);
  }
  .source-rest {
    background: linear-gradient(var(--edge), var(--edge)) center / 100% 1px no-repeat;
  }
  .axis {
    position: relative;
    height: 1.25rem;
    font-size: 0.8125rem;
    line-height: 1.25rem;
    color: var(--ink-soft);
    font-variant-numeric: tabular-nums;
    grid-column: 2;
  }
  .axis span {
    position: absolute;
    left: calc(100% * var(--bar) / var(--n-bars));
    padding-inline-start: 0.2rem;
    border-inline-start: 1px solid var(--edge);
  }
  .cursor {
    position: absolute;
    inset-block: 0.35rem 0.35rem;
    left: calc(0.75rem + var(--names) + (100% - 1.5rem - var(--names)) * var(--bar) / var(--n-bars));
    width: max(3px, calc((100% - 1.5rem - var(--names)) / var(--n-bars)));
    border: 2px solid var(--ink);
    border-radius: 2px;
    outline: 1px solid var(--sheet);
    pointer-events: none;
  }
  .readout {
    display: flex;
    flex-wrap: wrap;
    align-content: start;
    gap: 0.1rem 1.1rem;
    min-height: 3.2rem;
    font-size: 0.9375rem;
  }
  .readout b {
    font-variant-numeric: tabular-nums;
  }
  .readout .letter {
    font: italic 700 1.1em/1 var(--display);
  }
  .letter.parent-0 {
    color: var(--a-text);
  }
  .letter.parent-1 {
    color: var(--b-text);
  }
  summary {
    cursor: pointer;
    min-height: 1.75rem;
  }
  .scroll {
    overflow: auto;
    max-height: 24rem;
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    background: var(--sheet);
  }
  table {
    border-collapse: collapse;
    font-size: 0.875rem;
    font-variant-numeric: tabular-nums;
    min-width: 100%;
  }
  th,
  td {
    text-align: start;
    padding: 0.25rem 0.7rem;
    white-space: nowrap;
    border-bottom: 1px solid var(--line);
  }
  thead th {
    position: sticky;
    top: 0;
    background: var(--well);
  }
  @media (max-width: 44rem) {
    .chart {
      --names: 0rem;
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
    }
    .name {
      font-size: 0.8125rem;
      line-height: 1.1rem;
      margin-top: 0.2rem;
    }
    .axis {
      grid-column: 1;
      margin-top: 0.25rem;
    }
    .readout {
      min-height: 6.5rem;
    }
  }
`;
