import { msg, str } from '@lit/localize';
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { GridSource, Job, PieceFile, RoleChoice, Summary } from '../../api/types';
import { formatClock, formatConfidence, formatCount, formatTempo } from '../../music/format';
import { describeKeyChanges, describeKeyConfidence, formatDetectedKey } from '../../music/keys';
import { fusion, type Side, type Slot } from '../../state/fusion';
import { MIN_PIECES, sideLetter, SIDES } from '../../state/fusion/sides';
import { sections } from '../../state/sections';
import { StoreController } from '../../state/store-controller';
import { base, buttons, fields } from '../../style/controls';
import { closeIcon } from '../common/icons';
import { slotStyle } from './piece-slot-style';
import './grid-chooser';
import './transcription-card';
import './transcription-progress';
import '../player/play-button';
import '../common/error-message';
import './section-strip';
import './track-table';

const ACCEPTED_TYPES =
  '.mid,.midi,.kar,audio/midi,audio/x-midi,.wav,.flac,.ogg,.oga,.opus,.mp3,.m4a,.aac,.webm,.aif,.aiff,.caf,.mp4,.3gp,audio/*';

/** A slot for one of the pieces: a drop zone, then a summary of the piece. Attribute: `side`, `a` to `h`. */
@customElement('piece-slot')
export class PieceSlot extends LitElement {
  static override readonly styles = [base, buttons, fields, slotStyle];

  @property({ reflect: true }) side: Side = 'a';
  @state() private isDragOver = false;

  constructor() {
    super();
    new StoreController(this, fusion, sections);
  }

  override render() {
    const slot = fusion.slots[this.side];
    const letter = sideLetter(this.side);
    return html`<section
      aria-label=${msg(str`Piece ${letter}`)}
      aria-busy=${slot.state === 'loading' ? 'true' : 'false'}
      class=${this.isDragOver ? 'over' : ''}
      @dragenter=${this.onDragEnter}
      @dragover=${this.onDragEnter}
      @dragleave=${this.onDragLeave}
      @drop=${this.onDrop}
    >
      ${slot.file === null ? html`<span class="letter" aria-hidden="true">${letter}</span>` : nothing}
      <div class="body">
        ${
          slot.file === null
            ? this.renderDropZone(letter, slot.state === 'loading')
            : this.renderPiece(slot.file, letter, slot.transcriptionJob ?? null)
        }
        <error-message .problem=${slot.problem} .retry=${slot.retry ?? null}></error-message>
        ${slot.remark === undefined ? nothing : html`<p class="hint" role="status">${slot.remark}</p>`}
        <p class="visually-hidden" role="status">${statusText(slot, letter)}</p>
      </div>
    </section>`;
  }

  private renderDropZone(letter: string, isLoading: boolean) {
    return html`<label class="zone">
        <input
          class="visually-hidden"
          type="file"
          accept=${ACCEPTED_TYPES}
          multiple
          aria-label=${msg(str`Choose a MIDI file or a recording for piece ${letter}`)}
          @change=${this.onFilesChosen}
        />
        <span class="prompt"
          >${isLoading ? msg('Loading…') : msg(html`Drop a MIDI file or a recording, or <u>choose a file</u>`)}</span
        >
      </label>
      <p class="hint">
        ${msg(html`MIDI up to 2 MB, or a recording up to 10 minutes. Or take one <a href="/gallery">from the gallery</a>.`)}
      </p>
      ${this.isExtra ? this.renderRemove(letter, 'corner') : nothing}`;
  }

  private get isExtra(): boolean {
    return SIDES.indexOf(this.side) >= MIN_PIECES;
  }

  private get isBusy(): boolean {
    return fusion.slots[this.side].state === 'loading';
  }

  private renderRemove(letter: string, kind = '') {
    return html`<button
      class="quiet remove ${kind}"
      type="button"
      aria-label=${msg(str`Remove piece ${letter}`)}
      @click=${this.onRemove}
    >
      ${closeIcon}
    </button>`;
  }

  private renderPiece(file: PieceFile, letter: string, transcriptionJob: Job | null) {
    return html`
      <div class="head">
        <play-button file-id=${file.file_id} label=${file.title}></play-button>
        <h2 tabindex="-1" title=${file.title}><b aria-hidden="true">${letter}</b> ${file.title}</h2>
        ${this.renderRemove(letter)}
      </div>
      ${file.summary === null ? html`<transcription-progress .job=${transcriptionJob}></transcription-progress>` : this.renderSummary(file, file.summary)}
    `;
  }

  private renderSummary(file: PieceFile, summary: Summary) {
    return html`
      ${file.transcription ? html`<transcription-card .file=${file} .transcription=${file.transcription}></transcription-card>` : nothing}
      <dl>
        <div>
          <dt>${msg('Length')}</dt>
          <dd>${formatCount(summary.bars, 'bar')}, ${formatClock(summary.seconds)}</dd>
        </div>
        <div>
          <dt>${msg('Tempo')}</dt>
          <dd>${formatTempo(summary.tempo_bpm)} BPM ${renderConfidence(file.transcription?.tempo_confidence)}</dd>
        </div>
        <div>
          <dt>${msg('Meter')}</dt>
          <dd>${summary.meter} ${renderConfidence(file.transcription?.meter_confidence)}</dd>
        </div>
        <div>
          <dt>${msg('Key')}</dt>
          <dd>${renderKey(summary)}</dd>
        </div>
        ${renderKeyChanges(summary)}
      </dl>
      ${this.renderSections(file)}
      <track-table .tracks=${summary.tracks} .isBusy=${this.isBusy} @role-change=${this.onRoleChange}></track-table>
      ${this.renderGrid(file, summary)} ${this.renderNotices(file)}
    `;
  }

  /** Shows nothing for a piece with a single section. */
  private renderSections(file: PieceFile) {
    const pieceSections = sections.get(file);
    if (pieceSections === null || pieceSections.length < 2) return nothing;
    return html`<section-strip
      label=${msg(str`Sections of piece ${sideLetter(this.side)}`)}
      .sections=${pieceSections}
    ></section-strip>`;
  }

  /** Of uploaded MIDI only: a recording has no beats but those that were found, and a result has its own. */
  private renderGrid(file: PieceFile, summary: Summary) {
    if (file.kind !== 'midi') return nothing;
    return html`<grid-chooser
      .summary=${summary}
      .isBusy=${this.isBusy}
      label=${msg(str`piece ${sideLetter(this.side)}`)}
      @grid-change=${this.onGridChange}
    ></grid-chooser>`;
  }

  private renderNotices(file: PieceFile) {
    if (file.notices.length === 0) return nothing;
    return html`<details>
      <summary>${msg('Import details')} <span class="soft">${file.notices.length}</span></summary>
      <ul>
        ${file.notices.map((notice) => html`<li>${notice.message}</li>`)}
      </ul>
    </details>`;
  }

  private readonly onRoleChange = (event: CustomEvent<{ track: number; role: RoleChoice }>): void => {
    void fusion.setTrackRole(this.side, event.detail.track, event.detail.role);
  };

  private readonly onGridChange = (event: CustomEvent<{ grid: GridSource }>): void => {
    void fusion.setGrid(this.side, event.detail.grid);
  };

  private readonly onDragEnter = (event: DragEvent): void => {
    event.preventDefault();
    this.isDragOver = true;
  };

  private readonly onDragLeave = (event: DragEvent): void => {
    const inside = event.relatedTarget instanceof Node && this.renderRoot.contains(event.relatedTarget);
    if (!inside) this.isDragOver = false;
  };

  private readonly onDrop = (event: DragEvent): void => {
    event.preventDefault();
    this.isDragOver = false;
    void fusion.assignFiles(Array.from(event.dataTransfer?.files ?? []), this.side);
  };

  private readonly onFilesChosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const files = Array.from(input.files ?? []);
    input.value = ''; // so that choosing the same file again fires a change event
    void fusion.assignFiles(files, this.side).then(() => this.restoreFocus('h2'));
  };

  private readonly onRemove = (): void => {
    fusion.clearSlot(this.side);
    void this.restoreFocus('input');
  };

  /** Focuses the replacement of a focused element that rendering has removed. */
  private async restoreFocus(selector: string): Promise<void> {
    await this.updateComplete;
    if (this.renderRoot instanceof ShadowRoot && this.renderRoot.activeElement !== null) return;
    if (document.activeElement !== document.body && !this.matches(':focus-within')) return;
    this.renderRoot.querySelector<HTMLElement>(selector)?.focus();
  }
}

/** Returns the state of a slot as text, for screen readers. */
function statusText(slot: Slot, letter: string): string {
  if (slot.state === 'loading') return msg(str`Loading piece ${letter}`);
  if (slot.file === null) return '';
  return slot.file.summary === null
    ? msg(str`Transcribing piece ${letter}`)
    : msg(str`Piece ${letter}: ${slot.file.title}`);
}

function renderKey({ key }: Summary) {
  if (key === null) return html`<span class="soft">${msg('not found')}</span>`;
  return html`${formatDetectedKey(key)} <span class="soft">${describeKeyConfidence(key)}</span>`;
}

/** The modulations of a piece, in a row of their own, since the list may be long. */
function renderKeyChanges({ local_keys }: Summary) {
  const changes = describeKeyChanges(local_keys ?? []);
  if (changes === '') return nothing;
  return html`<div class="key-changes">
    <dt>${msg('Key changes')}</dt>
    <dd><span class="soft">${changes}</span></dd>
  </div>`;
}

/** The confidence of an estimate about a recording; nothing for MIDI, which states tempo and meter itself. */
function renderConfidence(confidence: number | undefined) {
  return confidence === undefined ? nothing : html`<span class="soft">${formatConfidence(confidence)}</span>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'piece-slot': PieceSlot;
  }
}
