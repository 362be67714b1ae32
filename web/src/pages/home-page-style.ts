import { css } from 'lit';

export const homePageStyle = css`
  :host {
    display: block;
  }
  .hero {
    display: grid;
    padding-top: clamp(0.5rem, 2vw, 1.5rem);
  }
  h1 {
    font-size: clamp(2.6rem, 1.4rem + 5.2vw, 5.6rem);
    line-height: 1;
    max-width: 15em;
  }
  hero-illustration {
    margin: 0.5rem calc(50% - 50vw) 0;
    overflow: clip;
    overflow-clip-margin: 0;
  }
  .start {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 1.25rem 3rem;
    margin-top: 1rem;
  }
  .start p:first-child {
    flex: 1 1 22rem;
    max-width: 36rem;
    font-size: 1.1875rem;
  }
  .calls {
    display: flex;
    flex-wrap: wrap;
    gap: 1rem;
    align-items: center;
  }
  .calls .button:not(.primary) {
    min-height: 3.1rem;
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
