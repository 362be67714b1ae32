/** How much of each bar of a blend comes from which parent. */
import { msg, str } from '@lit/localize';
import type { PieceFile } from '../../api/types';
import { parentLetter, type BlendSources } from './blend-sources';
import { formatPercent } from '../format';

/** The share of each parent in one bar; they sum to 1, or are all 0 in a bar in which everything rests. */
export type BarShares = readonly number[];

interface Weighing {
  readonly weight?: number;
  readonly curve?: readonly (readonly [number, number])[];
  readonly shares?: readonly number[];
}

/** Returns the shares of each bar: every ingredient counts once, one decoded between the parents by their weights. */
export function computeBarShares(sources: BlendSources, provenance: PieceFile['provenance']): readonly BarShares[] {
  const weighing = (provenance?.['settings'] ?? {}) as Weighing;
  return Array.from({ length: sources.nBars }, (_, bar) => {
    const totals = Array.from({ length: sources.nParents }, () => 0);
    const between = weights(weighing, sources.nParents, (bar + 0.5) / sources.nBars);
    for (const { bars } of sources.rows) {
      const source = bars[bar] ?? 'rest';
      if (source === 'rest') continue;
      for (const parent of totals.keys())
        totals[parent] =
          (totals[parent] ?? 0) + (source === 'between' ? (between[parent] ?? 0) : Number(source === parent));
    }
    const sum = totals.reduce((total, each) => total + each, 0);
    return sum === 0 ? totals : totals.map((total) => total / sum);
  });
}

/** Returns the weights of the parents at a position, 0 to 1. */
function weights({ weight = 0.5, curve, shares }: Weighing, nParents: number, position: number): BarShares {
  if (shares?.length === nParents) return shares;
  if (nParents !== 2) return Array.from({ length: nParents }, () => 1 / nParents);
  const b = curve === undefined ? weight : curveWeight(curve, position);
  return [1 - b, b];
}

/** Returns the weight of a curve at a position; before its first point and after its last it is level. */
function curveWeight(curve: readonly (readonly [number, number])[], position: number): number {
  const next = curve.findIndex(([at]) => at > position);
  const [to, toWeight] = curve[next === -1 ? curve.length - 1 : next] ?? [1, 0.5];
  const [from, fromWeight] = curve[next === -1 ? curve.length - 1 : Math.max(0, next - 1)] ?? [0, 0.5];
  return to === from ? toWeight : fromWeight + ((toWeight - fromWeight) * (position - from)) / (to - from);
}

/** Returns each parent's mean share of the bars that sound. */
export function meanShares(bars: readonly BarShares[]): BarShares {
  const sounding = bars.filter((shares) => shares.some((share) => share > 0));
  return (bars[0] ?? []).map(
    (_, parent) => sounding.reduce((sum, shares) => sum + (shares[parent] ?? 0), 0) / Math.max(1, sounding.length),
  );
}

/** Formats shares as "A 60%, B 40%". */
export function formatShares(shares: BarShares): string {
  return shares.map((share, parent) => `${parentLetter(parent)} ${formatPercent(share)}`).join(', ');
}

/** Describes the shares as text: their means, and those of some bars from the first to the last. */
export function describeBarShares(bars: readonly BarShares[]): string {
  const last = bars.length - 1;
  const shown = [...new Set([0, 0.25, 0.5, 0.75, 1].map((position) => Math.round(position * last)))];
  const lines = shown.map((bar) => msg(str`Bar ${bar + 1}: ${formatShares(bars[bar] ?? [])}.`));
  return [msg(str`On average ${formatShares(meanShares(bars))}.`), ...lines].join(' ');
}
