/** Where the beats of a piece come from. */
import { msg, str } from '@lit/localize';
import type { Summary } from '../api/types';
import { formatConfidence, formatTempo } from './format';

/** Describes the source of a piece's beats, e.g. "Beat found: about 87 BPM" and "from the notes, confident". */
export function describeGrid({ grid, grid_confidence, tempo_bpm }: Summary): { title: string; detail: string } {
  const confidence = grid_confidence < 1 ? `, ${formatConfidence(grid_confidence)}` : '';
  if (grid === 'found') {
    const about = Math.round(tempo_bpm);
    return { title: msg(str`Beat found: about ${about} BPM`), detail: msg('from the notes') + confidence };
  }
  const tempo = formatTempo(tempo_bpm);
  return { title: msg(str`Beat of the file: ${tempo} BPM`), detail: msg('as it is written') + confidence };
}
