import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { internalLink, isPage, navigate, onNavigation, PAGES, type PagePath } from '../../state/router';
import { base } from '../../style/controls';
import '../player/player-dock';
import './segue-logo';
import '../../pages/home-page';
import '../../pages/fuse-page';
import '../../pages/gallery-page';
import '../../pages/how-page';

const LINKS: readonly (readonly [PagePath, string])[] = [
  ['/fuse', 'Fuse'],
  ['/gallery', 'Gallery'],
  ['/how-it-works', 'How it works'],
];

/** The app shell: header, footer, the page for the current URL, and the player. */
@customElement('segue-app')
export class SegueApp extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 100dvh;
      }
      .skip {
        position: absolute;
        inset: 0.5rem auto auto 0.5rem;
        font: 600 1rem/1.2 var(--text);
        background: var(--ink);
        color: var(--paper);
        border: 0;
        padding: 0.8rem 1rem;
        z-index: 3;
      }
      .skip:not(:focus) {
        transform: translateY(-200%);
      }
      header,
      footer,
      main {
        width: 100%;
        max-width: 76rem;
        margin-inline: auto;
        padding-inline: clamp(1rem, 4vw, 2.5rem);
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0.25rem 1.5rem;
        padding-block: 0.9rem;
      }
      .home {
        display: inline-flex;
        align-items: center;
        gap: 0.55rem;
        font: italic 620 1.7rem/1 var(--display);
        text-decoration: none;
        padding-block: 0.35rem;
      }
      nav ul {
        display: flex;
        flex-wrap: wrap;
        gap: 0.1rem;
        list-style: none;
        margin: 0 0 0 -0.7rem;
        padding: 0;
      }
      nav a {
        display: block;
        padding: 0.5rem 0.7rem;
        text-decoration: none;
        border-bottom: 3px solid transparent;
      }
      nav a:hover {
        border-color: var(--line);
      }
      nav a[aria-current='page'] {
        border-color: var(--ink);
        font-weight: 600;
      }
      main {
        flex: 1;
        padding-block: clamp(1rem, 3vw, 2rem) 4rem;
      }
      main:focus {
        outline: none;
      }
      footer {
        border-top: 1px solid var(--line);
        padding-block: 1.4rem 2rem;
        color: var(--ink-soft);
        font-size: 0.9375rem;
      }
    `,
  ];

  @state() private path = location.pathname;
  @state() private announcement = '';
  private unsubscribe?: () => void;

  override connectedCallback(): void {
    super.connectedCallback();
    this.unsubscribe = onNavigation(() => void this.onNavigate());
    this.addEventListener('click', this.onClick);
    // Without this the browser would open a file that is dropped beside a slot.
    window.addEventListener('dragover', preventDefault);
    window.addEventListener('drop', preventDefault);
    document.title = pageTitle(this.path);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
    window.removeEventListener('dragover', preventDefault);
    window.removeEventListener('drop', preventDefault);
  }

  override render() {
    return html`
      <header>
        <button class="skip" type="button" @click=${() => this.main?.focus()}>Skip to main content</button>
        <a class="home" href="/" aria-label="Segue, home"><segue-logo></segue-logo>Segue</a>
        <nav aria-label="Main">
          <ul>
            ${LINKS.map(
              ([path, name]) =>
                html`<li><a href=${path} aria-current=${path === this.path ? 'page' : 'false'}>${name}</a></li>`,
            )}
          </ul>
        </nav>
      </header>
      <main id="main" tabindex="-1">${renderPage(this.path)}</main>
      <footer>
        The MIDI file of every piece created here contains its seed, settings and parents. Files that you upload stay on
        this server and are deleted after a few days.
      </footer>
      <p class="visually-hidden" role="status">${this.announcement}</p>
      <player-dock></player-dock>
    `;
  }

  /** Announces a change of the page to screen readers. */
  announce(announcement: string): void {
    this.announcement = announcement;
  }

  private readonly onClick = (event: MouseEvent): void => {
    const url = internalLink(event);
    if (url === null) return;
    event.preventDefault();
    navigate(url);
  };

  private get main(): HTMLElement | null {
    return this.renderRoot.querySelector('main');
  }

  private async onNavigate(): Promise<void> {
    if (location.pathname === this.path) return;
    this.path = location.pathname;
    document.title = pageTitle(this.path);
    await this.updateComplete;
    scrollTo(0, 0);
    // Screen readers announce the new page, and keyboard navigation continues from its top.
    this.main?.focus({ preventScroll: true });
  }
}

function preventDefault(event: Event): void {
  event.preventDefault();
}

function pageTitle(path: string): string {
  return isPage(path) ? PAGES[path] : 'Page not found · Segue';
}

function renderPage(path: string): TemplateResult {
  if (!isPage(path))
    return html`<h1>Page not found</h1>
      <p><a href="/">Back to the home page</a></p>`;
  const pages: Readonly<Record<PagePath, TemplateResult>> = {
    '/': html`<home-page></home-page>`,
    '/fuse': html`<fuse-page></fuse-page>`,
    '/gallery': html`<gallery-page></gallery-page>`,
    '/how-it-works': html`<how-page></how-page>`,
  };
  return pages[path];
}

declare global {
  interface HTMLElementTagNameMap {
    'segue-app': SegueApp;
  }
}
