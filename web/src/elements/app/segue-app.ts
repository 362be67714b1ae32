import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { watchNetwork } from '../../api/connection';
import { toProblem } from '../../api/problem';
import type { Problem } from '../../api/types';
import { intake } from '../../intake/intake';
import { chooseLocale, currentLocale, LOCALE_NAMES, startLocale, type Locale } from '../../locale/locale';
import {
  createPage,
  internalLink,
  isPage,
  NAV_PATHS,
  navigate,
  onNavigation,
  pageName,
  pageTitle,
} from '../../state/router';
import { startOffline } from '../../offline/saved-pieces';
import { base, buttons } from '../../style/controls';
import '../common/error-message';
import '../player/player-dock';
import './connection-bar';
import './drop-overlay';
import './segue-logo';

/** The app shell: header, footer, the page for the current URL, and the player. */
@customElement('segue-app')
export class SegueApp extends LitElement {
  static override readonly styles = [
    base,
    buttons,
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
        flex: 1 0 auto;
        /* Keeps the footer out of the window until a page has its contents, so that nothing moves. */
        min-height: 100dvh;
        padding-block: clamp(0.5rem, 2vw, 1.5rem) 4rem;
      }
      @media (max-width: 48rem) {
        header {
          padding-block: 0.35rem 0;
        }
        .home {
          font-size: 1.5rem;
          padding-block: 0.25rem;
        }
        nav ul {
          gap: 0;
          margin-inline-start: -0.25rem;
        }
        nav a {
          padding: 0.35rem 0.25rem;
          margin-inline-end: 0.3rem;
          font-size: clamp(0.8125rem, 3.7vw, 0.9375rem);
        }
      }
      main:focus {
        outline: none;
      }
      /* One works at this page: it is as wide as the window, under a low header. */
      header.wide,
      main.wide,
      footer.wide {
        max-width: none;
        padding-inline: clamp(0.75rem, 1.6vw, 1.75rem);
      }
      header.wide {
        padding-block: 0.1rem;
        min-height: 2.9rem;
      }
      header.wide {
        flex-wrap: nowrap;
      }
      header.wide nav {
        overflow-x: auto;
        scrollbar-width: none;
      }
      header.wide nav ul {
        flex-wrap: nowrap;
        white-space: nowrap;
      }
      header.wide .home {
        font-size: 1.35rem;
      }
      main.wide {
        padding-block: 0;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0.75rem 1.5rem;
        border-top: 1px solid var(--line);
        padding-block: 1.4rem 2rem;
        color: var(--ink-soft);
        font-size: 0.9375rem;
      }
    `,
  ];

  @state() private path = location.pathname;
  /** The page that is shown; null until the first one has loaded, and where there is none. */
  @state() private page: HTMLElement | null = null;
  @state() private problem: Problem | null = null;
  @state() private announcement = '';
  private isReady = false;
  private unsubscribe?: () => void;

  override connectedCallback(): void {
    super.connectedCallback();
    this.unsubscribe = onNavigation(() => void this.onNavigate());
    this.addEventListener('click', this.onClick);
    watchNetwork();
    startOffline();
    void this.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
  }

  override render() {
    if (!this.isReady) return nothing;
    // Another language renders everything anew. Players and stores outlive their elements, so music goes on.
    return keyed(
      currentLocale(),
      html`
        <header class=${this.width}>
          <button class="skip" type="button" @click=${() => this.main?.focus()}>${msg('Skip to main content')}</button>
          <a class="home" href="/" aria-label=${msg('Segue, home')}><segue-logo></segue-logo>Segue</a>
          <nav aria-label=${msg('Main')}>
            <ul>
              ${NAV_PATHS.map(
                (path) =>
                  html`<li>
                    <a href=${path} aria-current=${path === this.path ? 'page' : 'false'}>${pageName(path)}</a>
                  </li>`,
              )}
            </ul>
          </nav>
        </header>
        <main id="main" tabindex="-1" class=${this.width}>${this.renderPage()}</main>
        ${this.renderFooter()}
        <p class="visually-hidden" role="status">${this.announcement}</p>
        <player-dock></player-dock>
        <drop-overlay></drop-overlay>
        <connection-bar></connection-bar>
      `,
    );
  }

  /** Announces a change of the page to screen readers. */
  announce(announcement: string): void {
    this.announcement = announcement;
  }

  private get width(): string {
    return this.path === '/fuse' ? 'wide' : '';
  }

  private renderPage() {
    if (this.problem !== null)
      return html`<error-message .problem=${this.problem} .retry=${this.showPage}></error-message>`;
    if (isPage(this.path)) return this.page;
    return html`<h1>${msg('Page not found')}</h1>
      <p><a href="/">${msg('Back to the home page')}</a></p>`;
  }

  private renderFooter() {
    const others = (Object.keys(LOCALE_NAMES) as Locale[]).filter((locale) => locale !== currentLocale());
    return html`<footer class=${this.width}>
      <p>
        ${msg(
          'The MIDI file of every piece created here contains its seed, settings and parents. Files that you upload stay on this server; without an account they are deleted after a few days, unless you star them.',
        )}
      </p>
      ${others.map(
        (locale) =>
          html`<button type="button" lang=${locale} @click=${() => void this.changeLocale(locale)}>
            ${LOCALE_NAMES[locale]}
          </button>`,
      )}
    </footer>`;
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

  private async start(): Promise<void> {
    await Promise.all([startLocale(), this.loadPage()]);
    this.isReady = true;
    document.title = pageTitle(this.path);
    this.requestUpdate();
  }

  private async changeLocale(locale: Locale): Promise<void> {
    try {
      await chooseLocale(locale);
    } catch (error) {
      intake.report(toProblem(error), () => this.changeLocale(locale));
      return;
    }
    await this.showPage();
  }

  private readonly showPage = async (): Promise<void> => {
    await this.loadPage();
    document.title = pageTitle(this.path);
    this.requestUpdate();
    await this.updateComplete;
  };

  private async onNavigate(): Promise<void> {
    if (location.pathname === this.path) return;
    this.path = location.pathname;
    await this.showPage();
    scrollTo(0, 0);
    // Screen readers announce the new page, and keyboard navigation continues from its top.
    this.main?.focus({ preventScroll: true });
  }

  /** Loads the page of the current path; the previous one stays until then. */
  private async loadPage(): Promise<void> {
    const { path } = this;
    if (!isPage(path)) return;
    try {
      const page = await createPage(path);
      if (path !== this.path) return; // another page was opened meanwhile
      this.page = page;
      this.problem = null;
    } catch (error) {
      this.problem = toProblem(error);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'segue-app': SegueApp;
  }
}
