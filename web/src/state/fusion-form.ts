/** The form of the fusion page as data, and its validation. */
import type { Ingredient, Method, Role } from '../api/types';
import { INGREDIENT_ROLES } from '../music/ingredients';
import { ROLES } from '../music/roles';

/** How the weight changes over the piece: points of position and weight, both 0 to 1; null for a constant weight. */
export const CURVES = {
  steady: null,
  'a-to-b': [
    [0, 0],
    [1, 1],
  ],
  'b-to-a': [
    [0, 1],
    [1, 0],
  ],
  'there-and-back': [
    [0, 0],
    [0.5, 1],
    [1, 0],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly [number, number])[] | null>>;
export type Curve = keyof typeof CURVES;

/** The properties of a blend that sliders move, from -1 (less) to 1 (more). */
export const ATTRIBUTES = ['density', 'register', 'syncopation', 'polyphony'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

export type MeterPolicy = '' | 'convert' | 'refuse';

/** Null or an empty string leaves the choice to Segue: it is taken from the parents or chosen by the seed. */
export interface FusionForm {
  readonly method: Method;
  /** The share of B, 0 to 1. */
  readonly weight: number;
  /** Shares of single roles that differ from `weight`. */
  readonly weights: Readonly<Partial<Record<Role, number>>>;
  /** Shares of single ingredients, which override all others. */
  readonly ingredients: Readonly<Partial<Record<Ingredient, number>>>;
  /** Shares of single sections of A, by label. */
  readonly sectionWeights: Readonly<Record<string, number>>;
  readonly curve: Curve;
  readonly sliders: Readonly<Partial<Record<Attribute, number>>>;
  /** What happens if meters differ; empty: they are converted, but irregular ones (5/4, 7/8) are refused. */
  readonly meterPolicy: MeterPolicy;
  readonly ends: 'model' | 'original';
  readonly temperature: number | null;
  readonly style: string;
  readonly styleA: string;
  readonly styleB: string;
  readonly key: string;
  readonly bpm: number | null;
  readonly meter: string;
  readonly bars: number | null;
  readonly valence: number | null;
  readonly energy: number | null;
  readonly density: number | null;
  readonly roles: readonly Role[];
  readonly count: number;
  /** Decimal digits, or empty. */
  readonly seed: string;
}

export const EMPTY_FORM: FusionForm = {
  method: 'vae',
  weight: 0.5,
  weights: {},
  ingredients: {},
  sectionWeights: {},
  curve: 'steady',
  sliders: {},
  meterPolicy: '',
  ends: 'model',
  temperature: null,
  style: '',
  styleA: '',
  styleB: '',
  key: '',
  bpm: null,
  meter: '',
  bars: null,
  valence: null,
  energy: null,
  density: null,
  roles: ROLES,
  count: 1,
  seed: '',
};

/** The weight that an ingredient without a weight of its own has, and what it comes from. */
export interface InheritedWeight {
  /** Null where it changes over the piece. */
  readonly weight: number | null;
  readonly from: 'main' | 'role' | 'sections' | 'morph';
}

/** Returns what an ingredient follows: the weight of its role, the weights over the piece, or the main weight. */
export function inheritedWeight(form: FusionForm, ingredient: Ingredient): InheritedWeight {
  if (form.curve !== 'steady') return { weight: null, from: 'morph' };
  const role = INGREDIENT_ROLES[ingredient];
  const roleWeight = role && form.weights[role];
  if (roleWeight !== undefined) return { weight: roleWeight, from: 'role' };
  const hasSections = form.method === 'vae' && Object.keys(form.sectionWeights).length > 0;
  return hasSections ? { weight: null, from: 'sections' } : { weight: form.weight, from: 'main' };
}

/** Returns why the form cannot be submitted yet, as a sentence; null where it can. */
export function submitBlocker(form: FusionForm, hasA: boolean, hasB: boolean): string | null {
  if (form.method === 'vae') return missingPiece(hasA, hasB) ?? invalidNumber(form);
  if (form.roles.length === 0) return 'Choose at least one role.';
  if (form.method === 'hybrid' && (form.styleA === '') !== (form.styleB === '')) {
    return 'Choose a style for both parents, or for neither.';
  }
  return invalidNumber(form);
}

function missingPiece(hasA: boolean, hasB: boolean): string | null {
  if (!hasA && !hasB) return 'Add two pieces to blend.';
  if (!hasA) return 'Add piece A to blend.';
  return hasB ? null : 'Add piece B to blend.';
}

function invalidNumber(form: FusionForm): string | null {
  if (form.bpm !== null && !isWithin(form.bpm, 20, 400)) return 'The tempo must be between 20 and 400 BPM.';
  if (!isSeed(form.seed)) return `The seed must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`;
  if (form.method === 'vae') return null;
  if (form.bars !== null && !isWithin(form.bars, 8, 64)) return 'The length must be between 8 and 64 bars.';
  return isWithin(form.count, 1, 16) ? null : 'The number of pieces must be between 1 and 16.';
}

/** Whether a text is empty or a seed of at most 2^53 - 1, the largest integer that every JSON reader keeps exact. */
export function isSeed(text: string): boolean {
  return /^\d*$/.test(text) && Number.isSafeInteger(Number(text));
}

function isWithin(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}
