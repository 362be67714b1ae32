/** The settings that a result was made with, in words: those that were chosen, and the defaults for the rest. */
import { msg, str } from '@lit/localize';
import type { Ingredient, Job, JobOutput, PieceFile, Role } from '../api/types';
import { parentLetter } from './blends/blend-sources';
import { formatKey, formatPercent, formatTempo } from './format';
import { INGREDIENT_NAMES } from './blends/ingredients';
import { ROLES, ROLE_NAMES } from './roles';
import { sectionNumber } from './blends/section-names';

/** A setting and its value, as text. */
export type Line = readonly [name: string, value: string];

type Curve = readonly (readonly [number, number])[];

interface SectionWeight {
  readonly label?: string;
  readonly start?: number;
  readonly end?: number;
  readonly weight: number;
}

/** The fields of all requests; a job has those of its method. */
interface Request {
  readonly weight?: number;
  readonly weights?: Partial<Record<Role, number>>;
  readonly ingredients?: Partial<Record<Ingredient, number | null>>;
  readonly curve?: Curve;
  readonly section_weights?: readonly SectionWeight[];
  readonly shares?: readonly number[];
  readonly sliders?: Readonly<Record<string, number>>;
  readonly role_sliders?: Partial<Record<Role, Readonly<Record<string, number>>>>;
  readonly meter_policy?: string;
  readonly key?: string;
  readonly bpm?: number;
  readonly ends?: string;
  readonly temperature?: number;
  readonly seed?: number;
  readonly style?: string;
  readonly styles?: readonly (string | null)[];
  readonly meter?: string;
  readonly bars?: number;
  readonly mood?: { readonly valence?: number; readonly energy?: number };
  readonly density?: number;
  readonly roles?: readonly Role[];
  readonly count?: number;
}

/** What a job's settings are described with. */
export interface Making {
  readonly job: Job;
  readonly piece: JobOutput;
  /** The piece's description; null until it has loaded. */
  readonly file: PieceFile | null;
  readonly parents: readonly JobOutput[];
  /** Returns the name of a style. */
  readonly styleName: (id: string) => string;
}

/** Returns every effective setting of a result. */
export function describeMaking(making: Making): readonly Line[] {
  const request = making.job.request as Request;
  const isBlend = making.job.method === 'vae' || making.job.method === 'hybrid';
  const isGenerated = making.job.method === 'gan' || making.job.method === 'hybrid';
  return [
    ...(isGenerated ? styleLines(request, making) : []),
    ...(isBlend ? mixLines(request, making.parents) : []),
    ...commonLines(request, making, isBlend),
    ...(isGenerated ? generationLines(request, making.piece) : []),
    ...(isBlend ? blendLines(request) : []),
    [msg('Seed'), seedText(making)],
  ];
}

function styleLines({ style, styles }: Request, { piece, parents, styleName }: Making): Line[] {
  const chosen = (styles ?? (style === undefined ? [] : [style])).map((id) =>
    id === null ? msg('any') : styleName(id),
  );
  const used = [piece, ...parents].flatMap(({ made: info }) => (info == null ? [] : [styleName(info.style)]));
  if (chosen.length > 0) return [[msg('Style'), chosen.join(', ')]];
  return [[msg('Style'), msg(str`any; the seed chose ${used.join(', ')}`)]];
}

function mixLines(request: Request, parents: readonly JobOutput[]): Line[] {
  return [
    [msg('Mix'), mixText(request, parents)],
    ...named(request.weights, ROLE_NAMES, msg('Set separately')),
    ...named(request.ingredients, INGREDIENT_NAMES, msg('Ingredients')),
    ...(request.section_weights ?? []).map(sectionLine),
  ];
}

function mixText({ weight = 0.5, curve, shares }: Request, parents: readonly JobOutput[]): string {
  const titles = parents.map((parent) => parent.title);
  if (shares !== undefined) return shares.map((share, parent) => partText(share, parent, titles)).join(', ');
  if (curve !== undefined)
    return curve
      .map(([at, share]) => msg(str`${formatPercent(share)} B at ${formatPercent(at)} of the piece`))
      .join(', ');
  return [1 - weight, weight].map((share, parent) => partText(share, parent, titles)).join(', ');
}

/** Returns the share of a parent, e.g. "40% A (Funk)". */
function partText(share: number, parent: number, titles: readonly string[]): string {
  const title = titles[parent];
  return `${formatPercent(share)} ${parentLetter(parent)}${title === undefined ? '' : ` (${title})`}`;
}

function named<Name extends string>(
  weights: Partial<Record<Name, number | null>> | undefined,
  names: Readonly<Record<Name, string>>,
  label: string,
): Line[] {
  const entries = Object.entries(weights ?? {}) as [Name, number | null][];
  const texts = entries.flatMap(([name, weight]) =>
    weight === null ? [] : [`${names[name]} ${formatPercent(weight)} B`],
  );
  return texts.length === 0 ? [] : [[label, texts.join(', ')]];
}

function sectionLine({ label, start = 0, end = 1, weight }: SectionWeight): Line {
  const name =
    label === undefined
      ? msg(str`From ${formatPercent(start)} to ${formatPercent(end)} of the piece`)
      : msg(str`Section ${sectionNumber(label)}`);
  return [name, `${formatPercent(weight)} B`];
}

function commonLines(request: Request, { piece, file }: Making, isBlend: boolean): Line[] {
  const { key, bpm } = request;
  const info = piece.made;
  const usedKey = file?.provenance?.['key'] as string | null | undefined;
  const usedTempo = info?.bpm ?? file?.summary?.tempo_bpm;
  const keySource = isBlend ? msg('the key of A') : msg('the seed chose it');
  const tempoSource = isBlend ? msg('from the parents, by the mix') : msg('the seed chose it');
  return [
    [
      msg('Key'),
      chosen(key === undefined ? null : formatKey(key), usedKey == null ? '' : formatKey(usedKey), keySource),
    ],
    [
      msg('Tempo'),
      chosen(
        bpm === undefined ? null : `${formatTempo(bpm)} BPM`,
        usedTempo === undefined ? '' : `${formatTempo(usedTempo)} BPM`,
        tempoSource,
      ),
    ],
  ];
}

/** Returns what was requested, or else what was used with the reason for it. */
function chosen(requested: string | null, used: string, source: string): string {
  if (requested !== null) return requested;
  return used === '' ? source : `${used} (${source})`;
}

function generationLines({ meter, bars, mood, density, roles, count = 1 }: Request, { made: info }: JobOutput): Line[] {
  const bySeed = msg('the seed chose it');
  const usedMood = info?.mood;
  return [
    [msg('Meter'), chosen(meter ?? null, info?.meter ?? '', bySeed)],
    [msg('Length'), chosen(bars === undefined ? null : barText(bars), info == null ? '' : barText(info.bars), bySeed)],
    [
      msg('Mood'),
      chosen(mood === undefined ? null : moodText(mood), usedMood == null ? '' : moodText(usedMood), bySeed),
    ],
    [
      msg('Density'),
      chosen(
        density === undefined ? null : levelText(density, msg('sparse'), msg('dense')),
        info?.density == null ? '' : levelText(info.density, msg('sparse'), msg('dense')),
        bySeed,
      ),
    ],
    [msg('Roles'), (roles ?? ROLES).map((role) => ROLE_NAMES[role]).join(', ')],
    ...(count > 1 ? [[msg('Pieces'), String(count)] as const] : []),
  ];
}

function blendLines({ sliders, role_sliders, meter_policy, ends, temperature }: Request): Line[] {
  const shapes = [
    ...sliderTexts(sliders, ''),
    ...Object.entries(role_sliders ?? {}).flatMap(([role, each]) => sliderTexts(each, ROLE_NAMES[role as Role])),
  ];
  return [
    [msg('Shape'), shapes.length === 0 ? msg('as it comes') : shapes.join(', ')],
    [msg('At 0% and 100%'), ends === 'original' ? msg('exact original') : msg('re-created by the model')],
    [
      msg('Different meters'),
      meter_policy === 'convert'
        ? msg('converted, irregular ones too')
        : meter_policy === 'refuse'
          ? msg('refused')
          : msg('converted; irregular ones refused'),
    ],
    [msg('Variation'), temperature === undefined ? msg('0.5 (default)') : String(temperature)],
  ];
}

function sliderTexts(sliders: Readonly<Record<string, number>> | undefined, role: string): string[] {
  const names: Readonly<Record<string, string>> = {
    density: msg('density'),
    register: msg('register'),
    syncopation: msg('syncopation'),
    polyphony: msg('polyphony'),
  };
  return Object.entries(sliders ?? {})
    .filter(([, value]) => value !== 0)
    .map(([name, value]) =>
      [role, names[name] ?? name, `${value > 0 ? '+' : '−'}${formatPercent(Math.abs(value))}`]
        .filter(Boolean)
        .join(' '),
    );
}

function moodText({ valence, energy }: { readonly valence?: number | null; readonly energy?: number | null }): string {
  const texts = [
    ...(valence == null ? [] : [levelText(valence, msg('sad'), msg('happy'))]),
    ...(energy == null ? [] : [levelText(energy, msg('calm'), msg('lively'))]),
  ];
  return texts.join(', ');
}

/** Describes a level of -1 to 1, e.g. "neither sad nor happy" or "70% happy". */
function levelText(value: number, low: string, high: string): string {
  if (Math.abs(value) < 0.05) return msg(str`neither ${low} nor ${high}`);
  return `${formatPercent(Math.abs(value))} ${value < 0 ? low : high}`;
}

function barText(bars: number): string {
  return bars === 1 ? msg('1 bar') : msg(str`${bars} bars`);
}

function seedText({ job, piece, file }: Making): string {
  const own = piece.made?.seed ?? (file?.provenance?.['seed'] as number | undefined);
  return String(own ?? (job.request as Request).seed ?? '');
}

/** Returns the request of a job as it can be sent again; with a new seed, or with the same. */
export function repeatRequest(job: Job, hasNewSeed: boolean): Readonly<Record<string, unknown>> {
  const left = new Set(hasNewSeed ? ['recordings', 'seed'] : ['recordings']);
  return Object.fromEntries(Object.entries(job.request).filter(([name]) => !left.has(name)));
}
