import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Job, Notes } from '../../api/types';
import { resultView } from '../../state/result-view';
import { StoreController } from '../../state/store-controller';
import { base } from '../../style/controls';
import '../job/result-header';
import '../piano-roll/piano-roll';
import '../player/stem-mixer';

/** A finished job's piece as notes: its head, the mixer and the roll. Property: `job`. */
@customElement('result-stage')
export class ResultStage extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 1rem;
        min-width: 0;
      }
    `,
  ];

  @property({ attribute: false }) job!: Job;

  constructor() {
    super();
    new StoreController(this, resultView);
  }

  override willUpdate(): void {
    resultView.showJob(this.job);
  }

  override render() {
    const piece = resultView.piece(this.job);
    return html`<result-header .job=${this.job}></result-header> ${
        piece === undefined
          ? nothing
          : html`<stem-mixer file-id=${piece.file_id} label=${piece.title}></stem-mixer>
              <piano-roll
                file-id=${piece.file_id}
                label=${piece.title}
                .audioDuration_s=${resultView.audioDuration_s}
                .sources=${resultView.sources}
                @notes-load=${(event: CustomEvent<Notes>) => resultView.set({ notes: event.detail })}
              ></piano-roll>`
      }`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'result-stage': ResultStage;
  }
}
