import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Job, PieceFile, RoleChoice, Summary } from '../api/contract';
import { journeyOf, nameOf, surenessOf } from '../music/keys';
import { confidenceLabel } from '../music/roles';
import { bpm, clock, count } from '../music/time';
import { fusion, type Side, type Slot } from '../state/fusion';
import { sections } from '../state/sections';
import { Watch } from '../state/watch';
import { base, buttons, fields } from '../style/controls';
import { closeIcon } from './icons';
import { slotStyle } from './piece-slot-style';
import './heard-note';
import './hearing-progress';
import './play-button';
import './problem-note';
import './section-strip';
import './track-table';

const ACCEPTED =
  '.mid,.midi,.kar,audio/midi,audio/x-midi,.wav,.flac,.ogg,.oga,.mp3,audio/wav,audio/flac,audio/ogg,audio/mpeg';

/** Where one of the two pieces lies: a drop zone, then what the piece is. Attribute: `side`, `a` or `b`. */
@customElement('piece-slot')
export class PieceSlot extends LitElement {
  static override readonly styles = [base, buttons, fields, slotStyle];

  @property({ reflect: true }) side: Side = 'a';
  @state() private isOver = false;

  constructor() {
    super();
    new Watch(this, fusion, sections);
  }

  override render() {
    const slot = fusion.slots[this.side];
    const letter = this.side.toUpperCase();
    return html`<section
      aria-label="Piece ${letter}"
      aria-busy=${slot.state === 'loading' ? 'true' : 'false'}
      class=${this.isOver ? 'over' : ''}
      @dragenter=${this.enter}
      @dragover=${this.enter}
      @dragleave=${this.leave}
      @drop=${this.drop}
    >
      ${slot.file === null ? html`<span class="letter" aria-hidden="true">${letter}</span>` : nothing}
      <div class="body">
        ${
          slot.file === null
            ? this.invitation(letter, slot.state === 'loading')
            : this.held(slot.file, letter, slot.hearing ?? null)
        }
        <problem-note .problem=${slot.problem}></problem-note>
        <p class="visually-hidden" role="status">${newsOf(slot, letter)}</p>
      </div>
    </section>`;
  }

  private invitation(letter: string, isLoading: boolean) {
    return html`<label class="zone">
        <input
          class="visually-hidden"
          type="file"
          accept=${ACCEPTED}
          multiple
          aria-label="Choose a MIDI file or a recording for piece ${letter}"
          @change=${this.pick}
        />
        <span class="call">${isLoading ? 'Reading…' : html`Drop MIDI or a recording, or <u>choose a file</u>`}</span>
      </label>
      <p class="hint">
        .mid up to 2 MB. WAV, FLAC, OGG or MP3 up to 10 minutes, which is written down as notes first. Or take a piece
        <a href="/gallery">from the gallery</a>.
      </p>`;
  }

  private held(file: PieceFile, letter: string, hearing: Job | null) {
    return html`
      <div class="head">
        <play-button file-id=${file.file_id} label=${file.name}></play-button>
        <h2 tabindex="-1" title=${file.name}><b aria-hidden="true">${letter}</b> ${file.name}</h2>
        <button class="quiet" type="button" aria-label="Take piece ${letter} away" @click=${this.clear}>
          ${closeIcon}
        </button>
      </div>
      ${file.summary === null ? html`<hearing-progress .job=${hearing}></hearing-progress>` : this.summary(file, file.summary)}
    `;
  }

  private summary(file: PieceFile, summary: Summary) {
    return html`
      ${file.transcription ? html`<heard-note .file=${file} .transcription=${file.transcription}></heard-note>` : nothing}
      <dl>
        <div>
          <dt>Length</dt>
          <dd>${count(summary.bars, 'bar')}, ${clock(summary.seconds)}</dd>
        </div>
        <div>
          <dt>Tempo</dt>
          <dd>${bpm(summary.tempo_bpm)} bpm ${soft(file.transcription?.tempo_confidence)}</dd>
        </div>
        <div>
          <dt>Meter</dt>
          <dd>${summary.meter} ${soft(file.transcription?.meter_confidence)}</dd>
        </div>
        <div>
          <dt>Key</dt>
          <dd>${keyOf(summary)}</dd>
        </div>
        ${journey(summary)}
      </dl>
      ${this.form(file)}
      <track-table .tracks=${summary.tracks} @role=${this.setRole}></track-table>
      ${this.notices(file)}
    `;
  }

  /** A piece of one section has no form to show. */
  private form(file: PieceFile) {
    const found = sections.of(file);
    if (found === null || found.length < 2) return nothing;
    return html`<section-strip
      label="Sections of piece ${this.side.toUpperCase()}"
      .sections=${found}
    ></section-strip>`;
  }

  private notices(file: PieceFile) {
    if (file.notices.length === 0) return nothing;
    return html`<details>
      <summary>${count(file.notices.length, 'note')} on how it was read</summary>
      <ul>
        ${file.notices.map((notice) => html`<li>${notice.message}</li>`)}
      </ul>
    </details>`;
  }

  private readonly setRole = (event: CustomEvent<{ track: number; role: RoleChoice }>): void => {
    void fusion.setRole(this.side, event.detail.track, event.detail.role);
  };

  private readonly enter = (event: DragEvent): void => {
    event.preventDefault();
    this.isOver = true;
  };

  private readonly leave = (event: DragEvent): void => {
    const inside = event.relatedTarget instanceof Node && this.renderRoot.contains(event.relatedTarget);
    if (!inside) this.isOver = false;
  };

  private readonly drop = (event: DragEvent): void => {
    event.preventDefault();
    this.isOver = false;
    void fusion.add(this.side, Array.from(event.dataTransfer?.files ?? []));
  };

  private readonly pick = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const files = Array.from(input.files ?? []);
    input.value = ''; // choosing the same file again is a change again
    void fusion.add(this.side, files).then(() => this.keepFocus('h2'));
  };

  private readonly clear = (): void => {
    fusion.clear(this.side);
    void this.keepFocus('input');
  };

  /** What had the focus is gone with the render: the keyboard goes on from what took its place. */
  private async keepFocus(selector: string): Promise<void> {
    await this.updateComplete;
    if (this.renderRoot instanceof ShadowRoot && this.renderRoot.activeElement !== null) return;
    if (document.activeElement !== document.body && !this.matches(':focus-within')) return;
    this.renderRoot.querySelector<HTMLElement>(selector)?.focus();
  }
}

/** What happens in a slot, for those who do not see it. */
function newsOf(slot: Slot, letter: string): string {
  if (slot.state === 'loading') return `Reading piece ${letter}`;
  if (slot.file === null) return '';
  return slot.file.summary === null ? `Writing down piece ${letter}` : `Piece ${letter}: ${slot.file.name}`;
}

function keyOf({ key }: Summary) {
  if (key === null) return html`<span class="soft">none found</span>`;
  return html`${nameOf(key)} <span class="soft">${surenessOf(key)}</span>`;
}

/** Where a piece modulates to: a line of its own, since it may be long. */
function journey({ local_keys }: Summary) {
  const told = journeyOf(local_keys ?? []);
  if (told === '') return nothing;
  return html`<div class="journey">
    <dt>Modulates</dt>
    <dd><span class="soft">to ${told}</span></dd>
  </div>`;
}

/** How sure a guess about a recording is; nothing about MIDI, which says it itself. */
function soft(confidence: number | undefined) {
  return confidence === undefined ? nothing : html`<span class="soft">${confidenceLabel(confidence)}</span>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'piece-slot': PieceSlot;
  }
}
