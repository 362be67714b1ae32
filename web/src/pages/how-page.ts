import { LitElement, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from '../style/controls';
import { howPageStyle } from './how-page-style';
import { arcDiagram, generationDiagram, windowsDiagram } from './how-diagrams';

/** An honest account of what happens to the notes. */
@customElement('how-page')
export class HowPage extends LitElement {
  static override readonly styles = [base, howPageStyle];

  override render() {
    return html`<h1>How it works</h1>
      <p class="lead">
        Segue works on notes. A piece comes in as a MIDI file, or as a recording that is written down as one first, and
        goes out as MIDI; the sound that you hear is played from it by a synthesizer.
      </p>
      ${this.renderTranscription()} ${this.renderBlend()} ${this.renderGeneration()} ${this.renderHybrid()}
      ${this.renderLimits()}`;
  }

  private renderTranscription() {
    return html`<section>
      <h2>Listen</h2>
      <p class="text">
        A recording of up to ten minutes (WAV, FLAC, OGG or MP3) becomes notes before anything else happens to it. A
        small network hears which pitches sound and where they begin; the beat is followed through the piece, so that
        tempo and bars are the recording’s; and the notes are told apart as lead, harmony and bass. You see how sure all
        this is, can listen to what was written down beside the recording, and can put the roles right.
      </p>
      <p class="text">
        One instrument, or a few clear ones, come out best. Drums are not written down, singing only as far as it has a
        pitch, and in a dense mix many notes are missed. The blend can only be as good as these notes.
      </p>
    </section>`;
  }

  private renderBlend() {
    return html`<section>
      <h2>Blend</h2>
      <ol class="text">
        <li>
          <b>Read.</b> Every track gets a role: lead, harmony, bass or drums, from its register, its name and how many
          notes sound at once. You see the guess and can change it.
        </li>
        <li>
          <b>Agree.</b> The key of both pieces is found, and they are moved to one key by the shortest way. Tempo lies
          between the two.
        </li>
        <li>
          <b>Cut and align.</b> Each role is cut into windows of two bars, and the windows of one piece are matched with
          those of the other, so that a short piece meets the whole of a long one.
        </li>
      </ol>
      <figure>
        ${windowsDiagram}
        <figcaption>Windows of A and B that belong together become one window each.</figcaption>
      </figure>
      <ol class="text" start="4">
        <li>
          <b>Go between.</b> For each role a network, Magenta's MusicVAE, has learned to write any window down as 256
          numbers and to play such numbers back as notes. Two windows are two points; the blend is a point on the arc
          between them, as far along as your weight says. Harmony is decoded first, lead and bass so that they fit it.
        </li>
        <li>
          <b>Join.</b> The new windows are put together, with instruments, tempo and loudness taken from the parents.
        </li>
      </ol>
      <figure>
        ${arcDiagram}
        <figcaption>Not a crossfade: each point of the arc is music of its own.</figcaption>
      </figure>
    </section>`;
  }

  private renderGeneration() {
    return html`<section>
      <h2>Generate</h2>
      <p class="text">
        A generator writes all four roles sixteenth by sixteenth, hearing what it wrote before, from a style, a meter
        and a mood; it learned from real music, and then against a critic that told its pieces from real ones. The form
        is laid out first, so that themes come back. The critic ranks the candidates, and checks that a musician would
        make decide: a key in doubt, empty bars, wild leaps, passages that the music learned from has too. Whatever you
        leave open is drawn from the seed, so the same seed gives the same notes.
      </p>
      <figure>
        ${generationDiagram}
        <figcaption>Many are drawn from one seed; critic and checks choose the one that you get.</figcaption>
      </figure>
    </section>`;
  }

  private renderHybrid() {
    return html`<section>
      <h2>Hybrid</h2>
      <p class="text">
        Two pieces are generated, in two styles if you like, and then go through the blend above. Chords and bass are
        those of the piece that the weight is nearer to, A at half: tune and drums of both then fit one band. You get
        the hybrid and both of its parents.
      </p>
    </section>`;
  }

  private renderLimits() {
    return html`<section>
      <h2>What to expect</h2>
      <ul class="text">
        <li>
          A weight of 0 gives A <em>as the model can say it</em>, which is close to A but not A. Under “Key, tempo, seed
          and more” you can ask for the original notes instead.
        </li>
        <li>Notes lie on a grid of sixteenths. Fine timing, trills and slides do not survive.</li>
        <li>Lead and bass are one voice each. A track with two melodies loses one.</li>
        <li>
          A role that only one parent has sounds in full while that parent has at least half of the weight, and thins
          out below. A bar that the model leaves empty where both parents play is taken from the nearer one.
        </li>
        <li>
          4/4, 3/4 and 6/8 are at home here. Other meters are read as the nearest of these. Whatever was cut, merged or
          guessed is listed under the piece.
        </li>
        <li>
          The models are small and learned from open music. Some blends are lovely, some are odd: try another weight.
        </li>
        <li>
          A result can be heard role by role: the mixer under it makes each louder, softer or silent. What you download
          is the whole.
        </li>
        <li>Each MIDI file that you download says in itself how it was made: seed, weights, parents and models.</li>
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
