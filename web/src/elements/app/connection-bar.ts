import { msg } from '@lit/localize';
import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { connection } from '../../api/connection';
import { StoreController } from '../../state/store-controller';
import { base, buttons } from '../../style/controls';

/** A bar at the top of the window, for as long as the gateway does not answer. */
@customElement('connection-bar')
export class ConnectionBar extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        position: fixed;
        inset: 0 0 auto;
        z-index: 4;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: 0.25rem 1rem;
        padding: 0.35rem 1rem;
        background: var(--wrong-wash);
        border-bottom: 3px solid var(--wrong);
      }
      button {
        min-height: 2rem;
        padding: 0.2rem 0.7rem;
        font-size: 0.9375rem;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, connection);
  }

  override render() {
    return html`<div role="status">
      ${
        connection.isReachable
          ? nothing
          : html`<p class="bar">
              <span>
                ${
                  navigator.onLine
                    ? msg('Segue cannot be reached. Connecting again…')
                    : msg('You are offline. Pieces that are stored on this device still play.')
                }
              </span>
              <button type="button" @click=${() => void connection.check()}>${msg('Try now')}</button>
            </p>`
      }
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'connection-bar': ConnectionBar;
  }
}
