import { msg } from '@lit/localize';
import { LitElement, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from '../style/controls';
import { arcDiagram, generationDiagram, ingredientsDiagram, phrasesDiagram } from './how-diagrams';
import { howPageStyle } from './how-page-style';

/** Explains how Segue works, and what its limits are. */
@customElement('how-page')
export class HowPage extends LitElement {
  static override readonly styles = [base, howPageStyle];

  override render() {
    return html`<h1>${msg('How it works')}</h1>
      <p class="lead">
        ${msg('Segue works with notes, not with sound. A piece comes in as a MIDI file, or as a recording that is first transcribed to one. The result is MIDI as well, and a synthesizer plays it for you.')}
      </p>
      ${this.renderTranscription()} ${this.renderBlend()} ${this.renderGeneration()} ${this.renderHybrid()}
      ${this.renderLimits()}`;
  }

  private renderTranscription() {
    return html`<section>
      <h2>${msg('Transcribe')}</h2>
      <p class="text">
        ${msg('A recording of up to ten minutes (WAV, FLAC, OGG, MP3, M4A, AAC, WebM or AIFF) is converted to notes before anything else. A small neural network detects which pitches sound and where they start. Beat tracking follows the tempo through the piece, so that the bars match the recording. The notes are then split into lead, harmony and bass. You see how reliable the transcription is, can compare it with the recording by ear, and can correct the roles.')}
      </p>
      <p class="text">
        ${msg('Recordings of one instrument, or of a few clearly separated ones, give the best results. Drums are not transcribed, vocals only where they have a clear pitch, and in a dense mix many notes are missed. A blend can only be as good as the notes that it starts from.')}
      </p>
    </section>`;
  }

  private renderBlend() {
    return html`<section>
      <h2>${msg('Blend')}</h2>
      <p class="text">
        ${msg('Segue does not fade from one piece to the other. It takes both apart into what you hear in them, decides phrase by phrase which piece gives what, and puts one new piece together.')}
      </p>
      ${this.renderPreparation()} ${this.renderIngredients()} ${this.renderModels()}
    </section>`;
  }

  private renderPreparation() {
    return html`<ol class="text">
        <li>
          ${msg(html`<b>Listening.</b> Each file is read as it sounds. Muted tracks do not count, the pedal and bends change the notes, and damage is repaired. If a piece was played without a click, its beats are found from its notes; you can choose those of the file instead.`)}
        </li>
        <li>
          ${msg(html`<b>Roles.</b> Every track gets a role (lead, harmony, bass or drums) by what its notes do: how much of the piece they cover, how they move, how many sound at once. Names and instruments are a clue, no more. You can change these roles.`)}
        </li>
        <li>
          ${msg(html`<b>Key, meter and tempo.</b> Both pieces are moved to a common key by the smallest interval, and to one meter. If one is about twice as fast as the other, it is counted in half or double time, so that their beats match.`)}
        </li>
        <li>
          ${msg(html`<b>Form.</b> One piece leads: its order of phrases, what returns, where it ends. Each of its phrases meets one of the other piece that does the same job, such as an opening or a close. What returns in the leading piece returns in the blend.`)}
        </li>
      </ol>
      <figure>
        ${phrasesDiagram()}
        <figcaption>
          ${msg('The blend has the form of A. Its tune has the rhythm of A and the contour of B here.')}
        </figcaption>
      </figure>`;
  }

  private renderIngredients() {
    return html`<ol class="text" start="5">
        <li>
          ${msg(html`<b>Chords.</b> One chord progression is found through those of both pieces. It takes several chords in a row from one piece, and ends with a cadence: the chords that sound like an ending.`)}
        </li>
        <li>
          ${msg(html`<b>Melody.</b> A tune is recognized by its rhythm (when notes start and end) and by its contour (how they rise and fall). One piece gives the rhythm of a phrase and the other its contour; then they change over. The notes are fitted to the chords.`)}
        </li>
        <li>
          ${msg(html`<b>Bass and accompaniment.</b> Each is played as in one of the pieces, with its notes moved to the new chords.`)}
        </li>
        <li>${msg(html`<b>Groove.</b> The drums come from one piece, or lie between both (see below).`)}</li>
        <li>
          ${msg(html`<b>Instruments and feel.</b> Each piece gives some of the instruments. Tempo, loudness and timing lie between them.`)}
        </li>
      </ol>
      <figure>
        ${ingredientsDiagram()}
        <figcaption>
          ${msg('Four phrases of a blend. The weight decides how much each piece gives; under “Ingredients” you can set every row separately. Above the notes of a result, a strip shows the share of each piece bar by bar.')}
        </figcaption>
      </figure>`;
  }

  private renderModels() {
    return html`<p class="text">
        ${msg(html`<b>What the neural networks do.</b> Magenta's MusicVAE has learned, for each role, to describe two bars of music by 256 numbers, and to write notes from such numbers. At 0% and 100%, you hear how it writes A or B from memory. In between, it writes what neither piece plays: two drum patterns are two points, and the weight picks a point on the arc from one to the other.`)}
      </p>
      <figure>
        ${arcDiagram()}
        <figcaption>${msg('This is not a crossfade: every point on the arc is music in its own right.')}</figcaption>
      </figure>`;
  }

  private renderGeneration() {
    return html`<section>
      <h2>${msg('Generate')}</h2>
      <p class="text">
        ${msg('A generator writes all four roles in steps of a sixteenth note. Each step depends on the notes before it, and on a style, a meter and a mood. The network was trained on real music first, and then against a critic that learned to tell its pieces from real ones. The form is planned in advance, so that themes return. Several candidates are generated and ranked by the critic and by checks that a musician would make: an unclear key, empty bars, wild leaps, passages copied from the training data. The seed decides whatever you leave open, so the same seed always gives the same notes.')}
      </p>
      <figure>
        ${generationDiagram()}
        <figcaption>
          ${msg('One seed gives several candidates; you get the one that the critic and the checks rank best.')}
        </figcaption>
      </figure>
    </section>`;
  }

  private renderHybrid() {
    return html`<section>
      <h2>${msg('Generate + blend')}</h2>
      <p class="text">
        ${msg('Two pieces are generated, in two different styles if you like, with the same length, tempo and meter. They are then blended as described above. You get the blend and both of its parents.')}
      </p>
    </section>`;
  }

  private renderLimits() {
    return html`<section>
      <h2>${msg('What to expect')}</h2>
      <ul class="text">
        <li>
          ${msg(html`A weight of 0% gives A <em>as the model reconstructs it</em>, which is close to A but not identical. Under “Settings” you can choose the exact original instead.`)}
        </li>
        <li>
          ${msg('The models read sixteenths. Trills and triplets come along in the bars that are taken from a piece; slides are lost. Playing before or behind the beat is blended by itself.')}
        </li>
        <li>${msg('Lead and bass are monophonic. A track with two melodies loses one of them.')}</li>
        <li>
          ${msg('A role that only one piece has is there from the start while the weight of that piece is at least half, and enters later below that.')}
        </li>
        <li>
          ${msg('The supported meters are 4/4, 3/4 and 6/8. Other meters are converted to the nearest of these. Everything that was cut, merged or estimated is listed below the piece.')}
        </li>
        <li>
          ${msg('The models are small and were trained on openly licensed music. Some blends are lovely, some are odd: try another weight, or another seed, which pairs other phrases.')}
        </li>
        <li>
          ${msg('With the mixer you make each role louder or softer, or mute it. You can download what you hear, or each role by itself.')}
        </li>
        <li>${msg('Each MIDI file that you download records how it was made: seed, weights, parents and models.')}</li>
      </ul>
      <p class="text">${msg(html`<a href="/fuse">Blend two pieces of your own</a>`)}</p>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'how-page': HowPage;
  }
}
