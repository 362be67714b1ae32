/** Where the beats of a piece come from. */
import type { Summary } from '../api/types';
import { formatConfidence, formatTempo } from './format';

/** Describes the source of a piece's beats, e.g. "Beat found: about 87 BPM" and "from the notes, confident". */
export function describeGrid({ grid, grid_confidence, tempo_bpm }: Summary): { title: string; detail: string } {
  const confidence = grid_confidence < 1 ? `, ${formatConfidence(grid_confidence)}` : '';
  if (grid === 'found') {
    return { title: `Beat found: about ${Math.round(tempo_bpm)} BPM`, detail: `from the notes${confidence}` };
  }
  return { title: `Beat of the file: ${formatTempo(tempo_bpm)} BPM`, detail: `as it is written${confidence}` };
}
