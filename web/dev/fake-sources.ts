/** Sources of a blend for the fake gateway: phrases of four bars, whose ingredients come from one parent or the other. */
import type { PieceFile } from '../src/api/types.ts';

/** By ingredient, the source of each phrase: 0 rests, 1 is A, 2 is B, 3 is decoded between them. */
const PHRASES = {
  form: '1',
  harmony: '1221',
  rhythm: '12113212',
  contour: '21223112',
  bass: '1122',
  texture: '2',
  groove: '01222222',
};
const BARS_IN_PHRASE = 4;

export function buildProvenance(nBars: number): NonNullable<PieceFile['provenance']> {
  const bars = Array.from({ length: nBars }, (_, bar) => bar);
  const sources = Object.entries(PHRASES).map(([ingredient, phrases]) => [
    ingredient,
    bars.map((bar) => Number(phrases[Math.floor(bar / BARS_IN_PHRASE) % phrases.length])),
  ]);
  return {
    method: 'vae',
    sources: Object.fromEntries(sources) as Record<string, number[]>,
    origins: [bars, bars.map((bar) => (bar * 3) % nBars)],
  };
}
