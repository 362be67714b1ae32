import { msg } from '@lit/localize';
import { LitElement, css, html } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { playerSettings } from '../../state/playback/player-settings';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';

/** Lists all keys. Call `open`. */
@customElement('shortcuts-dialog')
export class ShortcutsDialog extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      dialog {
        border: 2px solid var(--ink);
        border-radius: var(--radius);
        background: var(--sheet);
        color: var(--ink);
        width: min(34rem, calc(100vw - 2rem));
        max-height: calc(100dvh - 2rem);
        padding: 1.25rem 1.5rem;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 0.45);
      }
      h2 {
        margin: 0 0 0.9rem;
        font-size: 1.6rem;
      }
      p {
        margin: 0.9rem 0 0;
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0.35rem 1.25rem;
        margin: 0 0 1rem;
      }
      dt {
        display: flex;
        flex-wrap: wrap;
        align-items: start;
        gap: 0.3rem;
      }
      dd {
        margin: 0;
      }
      kbd {
        font: inherit;
        font-size: 0.9375rem;
        border: 1.5px solid var(--edge);
        border-radius: var(--radius);
        padding: 0 0.4rem;
        background: var(--well);
        white-space: nowrap;
      }
    `,
  ];

  @query('dialog') private readonly dialog!: HTMLDialogElement;

  constructor() {
    super();
    new StoreController(this, playerSettings);
  }

  open(): void {
    if (!this.dialog.open) this.dialog.showModal();
  }

  override render() {
    return html`<dialog aria-labelledby="title" @click=${this.onClick}>
      <h2 id="title">${msg('Keyboard shortcuts')}</h2>
      <dl>
        ${this.rows().map(
          ([keys, text]) =>
            html`<dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt>
              <dd>${text}</dd>`,
        )}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          .checked=${playerSettings.value.hasLetterKeys}
          @change=${(event: Event) => playerSettings.set({ hasLetterKeys: (event.target as HTMLInputElement).checked })}
        />
        ${msg('Use single letters, digits and signs as shortcuts')}
      </label>
      <p><button type="button" @click=${() => this.dialog.close()}>${msg('Close')}</button></p>
    </dialog>`;
  }

  private rows(): readonly (readonly [readonly string[], string])[] {
    return [
      [[msg('Space')], msg('Play or pause')],
      [['←', '→'], msg('One beat back or forward')],
      [[`${msg('Shift')} ←`, `${msg('Shift')} →`], msg('One bar back or forward')],
      [[msg('Home')], msg('Back to the beginning')],
      [['L'], msg('Loop the phrase that plays')],
      [['1', '2', '3'], msg('Piece A, the blend or piece B at the same bar')],
      [['M', 'S'], msg('Mute the part that has the focus, or play it alone')],
      [['+', '−'], msg('Zoom the piano roll in or out')],
      [['F'], msg('Follow the music in the piano roll, or stop following')],
      [['P'], msg('Go to the player')],
      [['?'], msg('Show this list')],
    ];
  }

  /** Closes on a click beside the dialog. */
  private readonly onClick = (event: MouseEvent): void => {
    if (event.target === this.dialog) this.dialog.close();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'shortcuts-dialog': ShortcutsDialog;
  }
}
