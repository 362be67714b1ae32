import { css } from 'lit';

export const homePageStyle = css`
  :host {
    display: block;
  }
  .hero {
    display: grid;
    gap: clamp(0.75rem, 2vh, 1.5rem);
  }
  h1 {
    font-size: clamp(1.95rem, 1.1rem + 3.7vw, 4.6rem);
    line-height: 1.02;
    max-width: 15em;
  }
  .start {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.9rem 3rem;
  }
  .start p:last-child {
    flex: 1 1 24rem;
    max-width: 46rem;
    font-size: 1.0625rem;
  }
  .calls {
    display: flex;
    flex-wrap: wrap;
    gap: 0.6rem;
    align-items: center;
  }
  .calls button:not(.primary) {
    min-height: 3.1rem;
  }
  @media (max-width: 48rem) {
    .calls {
      flex: 1 1 100%;
    }
    .calls button {
      flex: 1 1 9rem;
      padding-inline: 0.5rem;
    }
  }
  .examples {
    margin-top: clamp(3rem, 7vw, 5.5rem);
  }
  h2 {
    font-size: clamp(1.9rem, 1.5rem + 1.6vw, 2.8rem);
    margin-bottom: 1.1rem;
  }
  ul {
    list-style: none;
    margin: 0 0 1rem;
    padding: 0;
    border-bottom: 1.5px solid var(--line);
  }
  .loading {
    min-height: 22rem;
  }
  .methods {
    margin-top: clamp(3rem, 7vw, 5.5rem);
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr));
    border-top: 2px solid var(--ink);
  }
  .methods a {
    text-decoration: none;
    padding: 1.1rem 1.5rem 1.5rem 0;
  }
  .methods a:hover h3 {
    text-decoration: underline;
    text-decoration-thickness: 2px;
    text-underline-offset: 0.15em;
  }
  h3 {
    font-size: 1.8rem;
    margin-bottom: 0.4rem;
  }
`;
