/** Loops of whole bars, numbered from 1. */
import { loadDetails, loadedDetails, type PieceDetails } from './piece-details';
import { player, type TimeRange } from '../player';

/** Bars of a new loop: a phrase. */
const PHRASE_BARS = 4;

export interface BarRange {
  readonly first: number;
  readonly last: number;
  /** Bars of the piece. */
  readonly count: number;
}

/** Repeats some bars of the current piece. */
export async function loopBars(first: number, last: number): Promise<void> {
  const { piece } = player;
  if (piece === null || !Number.isFinite(first) || !Number.isFinite(last)) return;
  const details = await loadDetails(piece.fileId);
  if (player.isCurrent(piece.fileId)) player.setLoop(timesOf(details, first, last));
}

/** Ends the loop, or repeats the phrase that plays now. */
export async function toggleLoop(): Promise<void> {
  const { piece } = player;
  if (piece === null) return;
  if (player.loop !== null) {
    player.setLoop(null);
    return;
  }
  const details = await loadDetails(piece.fileId);
  if (!player.isCurrent(piece.fileId)) return;
  const start = Math.floor(barAt(details, player.time_s) / PHRASE_BARS) * PHRASE_BARS;
  player.setLoop(timesOf(details, start + 1, start + PHRASE_BARS));
}

/** Returns the bars of a time range of the current piece; null where its bars are not loaded. */
export function barsOf(range: TimeRange | null): BarRange | null {
  const details = player.piece === null ? null : loadedDetails(player.piece.fileId);
  if (range === null || details === null) return null;
  const first = barAt(details, range.start_s) + 1;
  return {
    first,
    last: Math.max(first, barAt(details, range.end_s - 0.05) + 1),
    count: details.bars_s.length,
  };
}

function timesOf({ bars_s, duration_s }: PieceDetails, first: number, last: number): TimeRange {
  const start = Math.min(bars_s.length, Math.max(1, Math.round(first)));
  const end = Math.min(bars_s.length, Math.max(start, Math.round(last)));
  return { start_s: bars_s[start - 1] ?? 0, end_s: bars_s[end] ?? duration_s };
}

function barAt({ bars_s }: PieceDetails, time_s: number): number {
  return Math.max(
    0,
    bars_s.findLastIndex((bar_s) => bar_s <= time_s + 0.01),
  );
}
