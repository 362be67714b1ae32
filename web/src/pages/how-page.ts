import { LitElement, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from '../style/controls';
import { arcDiagram, generationDiagram, windowsDiagram } from './how-diagrams';
import { howPageStyle } from './how-page-style';

/** Explains how Segue works, and what its limits are. */
@customElement('how-page')
export class HowPage extends LitElement {
  static override readonly styles = [base, howPageStyle];

  override render() {
    return html`<h1>How it works</h1>
      <p class="lead">
        Segue works with notes, not with sound. A piece comes in as a MIDI file, or as a recording that is first
        transcribed to one. The result is MIDI as well, and a synthesizer plays it for you.
      </p>
      ${this.renderTranscription()} ${this.renderBlend()} ${this.renderGeneration()} ${this.renderHybrid()}
      ${this.renderLimits()}`;
  }

  private renderTranscription() {
    return html`<section>
      <h2>Transcribe</h2>
      <p class="text">
        A recording of up to ten minutes (WAV, FLAC, OGG or MP3) is converted to notes before anything else. A small
        neural network detects which pitches sound and where they start. Beat tracking follows the tempo through the
        piece, so that the bars match the recording. The notes are then split into lead, harmony and bass. You see how
        reliable the transcription is, can compare it with the recording by ear, and can correct the roles.
      </p>
      <p class="text">
        Recordings of one instrument, or of a few clearly separated ones, give the best results. Drums are not
        transcribed, vocals only where they have a clear pitch, and in a dense mix many notes are missed. A blend can
        only be as good as the notes that it starts from.
      </p>
    </section>`;
  }

  private renderBlend() {
    return html`<section>
      <h2>Blend</h2>
      <ol class="text">
        <li>
          <b>Assign roles.</b> Every track is assigned a role (lead, harmony, bass or drums) based on its register, its
          name and how many notes sound at once. You can change these roles.
        </li>
        <li>
          <b>Match key and tempo.</b> Segue detects the key of both pieces and transposes them to a common key by the
          smallest interval. The tempo lies between the two.
        </li>
        <li>
          <b>Segment and align.</b> Each role is cut into windows of two bars. The windows of one piece are aligned with
          those of the other, so that a short piece covers the whole of a long one.
        </li>
      </ol>
      <figure>
        ${windowsDiagram}
        <figcaption>Each pair of aligned windows from A and B becomes one new window.</figcaption>
      </figure>
      <ol class="text" start="4">
        <li>
          <b>Interpolate.</b> For each role, a neural network (Magenta's MusicVAE) has learned to encode a window as 256
          numbers and to decode such numbers to notes. Two windows are two points; the blend is a point on the arc
          between them, and your weight determines where. Harmony is decoded first, then lead and bass to fit it.
        </li>
        <li>
          <b>Assemble.</b> The new windows are joined. Instruments, tempo and dynamics are taken from the parents.
        </li>
      </ol>
      <figure>
        ${arcDiagram}
        <figcaption>This is not a crossfade: every point on the arc is music in its own right.</figcaption>
      </figure>
    </section>`;
  }

  private renderGeneration() {
    return html`<section>
      <h2>Generate</h2>
      <p class="text">
        A generator writes all four roles in steps of a sixteenth note. Each step depends on the notes before it, and on
        a style, a meter and a mood. The network was trained on real music first, and then against a critic that learned
        to tell its pieces from real ones. The form is planned in advance, so that themes return. Several candidates are
        generated and ranked by the critic and by checks that a musician would make: an unclear key, empty bars, wild
        leaps, passages copied from the training data. The seed decides whatever you leave open, so the same seed always
        gives the same notes.
      </p>
      <figure>
        ${generationDiagram}
        <figcaption>
          One seed gives several candidates; you get the one that the critic and the checks rank best.
        </figcaption>
      </figure>
    </section>`;
  }

  private renderHybrid() {
    return html`<section>
      <h2>Hybrid</h2>
      <p class="text">
        Two pieces are generated, in two different styles if you like, and then blended as described above. Harmony and
        bass come from the piece that the weight is closer to (from A at exactly half), so that the melody and drums of
        both have one accompaniment. You get the hybrid and both of its parents.
      </p>
    </section>`;
  }

  private renderLimits() {
    return html`<section>
      <h2>What to expect</h2>
      <ul class="text">
        <li>
          A weight of 0% gives A <em>as the model reconstructs it</em>, which is close to A but not identical. Under
          “Key, tempo, seed and more” you can choose the original notes instead.
        </li>
        <li>Notes are quantized to sixteenths. Microtiming, trills and slides are lost.</li>
        <li>Lead and bass are monophonic. A track with two melodies loses one of them.</li>
        <li>
          A role that only one parent has is complete while that parent's weight is at least half, and gets sparser
          below that. If the model leaves a bar empty where both parents play, the bar is taken from the closer parent.
        </li>
        <li>
          The supported meters are 4/4, 3/4 and 6/8. Other meters are converted to the nearest of these. Everything that
          was cut, merged or estimated is listed below the piece.
        </li>
        <li>
          The models are small and were trained on openly licensed music. Some blends are lovely, some are odd: try
          another weight.
        </li>
        <li>
          Below a result is a mixer that makes each role louder or softer, or mutes it. Downloads always contain the
          whole piece.
        </li>
        <li>Each MIDI file that you download records how it was made: seed, weights, parents and models.</li>
      </ul>
      <p class="text"><a href="/fuse">Blend two pieces of your own</a></p>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'how-page': HowPage;
  }
}
