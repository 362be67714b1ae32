/** Clicks on the beats of what plays, and a bar of clicks before it begins. */
import type { Engine } from '../../sound/engine';
import { SAMPLE_RATE_HZ } from '../../sound/sources/ogg';
import type { Segment } from '../../sound/timeline';
import { loadDetails, loadedDetails, type PieceDetails } from './piece-details';
import { playerSettings } from './player-settings';

/** A beat this close before the first bar line counts as that bar line. */
const TOLERANCE_S = 1e-3;

export class Metronome {
  private fileId = '';
  private leading: readonly { readonly before_s: number; readonly isAccent: boolean }[] = [];
  private segments: Segment[] = [];

  constructor(private readonly engine: Engine) {
    engine.addEventListener('segment', (event) => this.onSegment((event as CustomEvent<Segment>).detail));
    engine.addEventListener('begin', (event) => this.onBegin((event as CustomEvent<number>).detail));
  }

  /** Follows a piece, whose beats are loaded if they are needed; '' for none. */
  follow(fileId: string): void {
    if (fileId === this.fileId) return;
    this.fileId = fileId;
    this.segments = [];
    if (playerSettings.value.hasMetronome) this.load();
  }

  /** Applies the setting: the clicks of what is already scheduled are added or removed. */
  update(fileId: string): void {
    if (fileId !== this.fileId) return;
    this.engine.clearClicks();
    if (playerSettings.value.hasMetronome) this.load();
  }

  /** Prepares a bar of clicks before a time of a piece, if it is wanted; returns its length. */
  async countIn(fileId: string, from_s: number, rate: number): Promise<number> {
    this.leading = [];
    if (!playerSettings.value.hasCountIn) return 0;
    const details = await loadDetails(fileId).catch(() => null);
    if (details === null) return 0;
    const length_s = barLength(details, from_s) / rate;
    const n = details.beatsPerBar;
    this.leading = Array.from({ length: n }, (_, beat) => ({
      before_s: length_s - (beat * length_s) / n,
      isAccent: beat === 0,
    }));
    return length_s;
  }

  private load(): void {
    const { fileId } = this;
    if (fileId === '') return;
    void loadDetails(fileId).then(
      () => {
        if (fileId === this.fileId) for (const segment of this.segments) this.addClicks(segment);
      },
      () => undefined, // without beats there is no metronome; the piece plays
    );
  }

  private onBegin(at_s: number): void {
    for (const { before_s, isAccent } of this.leading) this.engine.addClick(at_s - before_s, isAccent);
    this.leading = [];
  }

  private onSegment(segment: Segment): void {
    this.segments = [...this.segments.filter(({ at_s, length_s }) => at_s + length_s > this.engine.now_s), segment];
    if (playerSettings.value.hasMetronome) this.addClicks(segment);
  }

  private addClicks({ at_s, length_s, first, count }: Segment): void {
    const details = loadedDetails(this.fileId);
    if (details === null || !playerSettings.value.hasMetronome) return;
    const start_s = first / SAMPLE_RATE_HZ;
    const end_s = (first + count) / SAMPLE_RATE_HZ;
    details.beats_s.forEach((beat_s, index) => {
      if (beat_s < start_s - TOLERANCE_S || beat_s >= end_s - TOLERANCE_S) return;
      const sounds_s = at_s + ((beat_s - start_s) / (end_s - start_s)) * length_s;
      if (sounds_s >= this.engine.now_s) this.engine.addClick(sounds_s, index % details.beatsPerBar === 0);
    });
  }
}

function barLength({ bars_s, duration_s }: PieceDetails, at_s: number): number {
  const next = bars_s.findIndex((bar_s) => bar_s > at_s);
  const start_s = bars_s[next < 0 ? bars_s.length - 1 : next - 1] ?? 0;
  return (bars_s[next] ?? duration_s) - start_s;
}
