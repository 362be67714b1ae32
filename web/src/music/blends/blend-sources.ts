/** What came from whom in a blend, bar by bar. Bars and parents are counted from 0. */
import { msg, str } from '@lit/localize';
import type { Ingredient, PieceFile } from '../../api/types';
import { INGREDIENT_NAMES, INGREDIENTS } from './ingredients';

/** The index of the parent that leads an ingredient in a bar; `between` where a model decoded it between them. */
export type BarSource = number | 'between' | 'rest';

export interface BlendSources {
  readonly nBars: number;
  readonly nParents: number;
  /** One source for each bar; ingredients without a source are left out. */
  readonly rows: readonly SourceRow[];
  /** For each parent, its bar that meets the others' at each bar. */
  readonly origins: readonly (readonly number[])[];
}

export interface SourceRow {
  readonly ingredient: Ingredient;
  readonly bars: readonly BarSource[];
}

/** Consecutive bars with one source. */
export interface SourceRun {
  readonly source: BarSource;
  readonly firstBar: number;
  readonly nBars: number;
}

/** What one bar of a blend is made of. */
export interface BarContents {
  /** The parents that give anything, with the number of their bar, counted from 1, and what they give. */
  readonly parents: readonly {
    readonly parent: number;
    readonly barNumber: number;
    readonly names: readonly string[];
  }[];
  readonly between: readonly string[];
  readonly rests: readonly string[];
}

/** Where a note of the lead comes from. */
export interface LeadSource {
  readonly rhythm: BarSource;
  readonly contour: BarSource;
}

const PARENT_LETTERS = 'ABCDEFGH';
/** How long before its bar a note may start, for expression. */
const EARLY_S = 0.05;

/** Returns the letter of a parent: A for 0. */
export function parentLetter(parent: number): string {
  return PARENT_LETTERS[parent] ?? String(parent + 1);
}

/** Returns the sources in a file's provenance; null where it has none, as for a piece that is not a blend. */
export function parseBlendSources({ provenance }: PieceFile): BlendSources | null {
  const { sources = {}, origins = [] } = provenance ?? {};
  const nParents = origins.length;
  const rows = INGREDIENTS.flatMap((ingredient): SourceRow[] => {
    const numbers = sources[ingredient];
    return numbers === undefined ? [] : [{ ingredient, bars: numbers.map((number) => toSource(number, nParents)) }];
  });
  const nBars = Math.max(0, ...rows.map((row) => row.bars.length));
  return nBars === 0 || nParents < 2 ? null : { nBars, nParents, rows, origins };
}

/** The API counts parents from 1; 0 is a rest. */
function toSource(number: number, nParents: number): BarSource {
  if (number === 0) return 'rest';
  return number > nParents ? 'between' : number - 1;
}

/** Joins consecutive bars of one source. */
export function sourceRuns(bars: readonly BarSource[]): readonly SourceRun[] {
  const starts = bars.flatMap((source, bar) =>
    bar === 0 || source !== bars[bar - 1] ? [{ source, firstBar: bar }] : [],
  );
  return starts.map((run, index) => ({ ...run, nBars: (starts[index + 1]?.firstBar ?? bars.length) - run.firstBar }));
}

/** Sorts the ingredients of a bar by their source. */
export function barContents(sources: BlendSources, bar: number): BarContents {
  const names = (source: BarSource) =>
    sources.rows.filter((row) => row.bars[bar] === source).map((row) => INGREDIENT_NAMES[row.ingredient].toLowerCase());
  const parents = sources.origins.map((origin, parent) => ({
    parent,
    barNumber: (origin[bar] ?? 0) + 1,
    names: names(parent),
  }));
  return { parents: parents.filter((each) => each.names.length > 0), between: names('between'), rests: names('rest') };
}

/** Describes a bar as text, e.g. "Bar 12. From A, bar 9: form, chords. From B, bar 4: melody rhythm. Rests: groove." */
export function describeBar(sources: BlendSources, bar: number): string {
  const { parents, between, rests } = barContents(sources, bar);
  return [
    msg(str`Bar ${bar + 1}`),
    ...parents.map(({ parent, barNumber, names }) =>
      msg(str`From ${parentLetter(parent)}, bar ${barNumber}: ${names.join(', ')}`),
    ),
    ...(between.length > 0 ? [msg(str`Between them: ${between.join(', ')}`)] : []),
    ...(rests.length > 0 ? [msg(str`Rests: ${rests.join(', ')}`)] : []),
  ]
    .map((sentence) => `${sentence}.`)
    .join(' ');
}

/** Describes the source of an ingredient in one bar, e.g. "A, bar 9". */
export function describeSource(source: BarSource, origins: BlendSources['origins'], bar: number): string {
  if (source === 'rest') return msg('rest');
  if (source === 'between') return msg('between');
  return msg(str`${parentLetter(source)}, bar ${(origins[source]?.[bar] ?? 0) + 1}`);
}

/** Returns the share of each source among all bars and ingredients that do not rest. */
export function sourceShares(sources: BlendSources): ReadonlyMap<BarSource, number> {
  const all = sources.rows.flatMap((row) => row.bars).filter((source) => source !== 'rest');
  const counts = new Map<BarSource, number>();
  for (const source of all) counts.set(source, (counts.get(source) ?? 0) + 1);
  return new Map([...counts].map(([source, count]) => [source, count / all.length]));
}

/** Returns where the lead of a bar comes from; null where that is not known. */
export function leadSource({ rows }: BlendSources, bar: number): LeadSource | null {
  const source = (ingredient: Ingredient) => rows.find((row) => row.ingredient === ingredient)?.bars[bar];
  const [rhythm, contour] = [source('rhythm'), source('contour')];
  if (rhythm === undefined || contour === undefined) return null;
  return { rhythm: rhythm === 'rest' ? contour : rhythm, contour: contour === 'rest' ? rhythm : contour };
}

/** Returns the bar in which a time lies; notes may start slightly before their bar. */
export function barAt(bars_s: readonly number[], time_s: number): number {
  let bar = 0;
  while (bar + 1 < bars_s.length && (bars_s[bar + 1] ?? 0) <= time_s + EARLY_S) bar += 1;
  return bar;
}
