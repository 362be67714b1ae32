/** The form of the fusion page as data, and its validation. */
import { msg, str } from '@lit/localize';
import type { Ingredient, Method, Role } from '../../api/types';
import { INGREDIENT_ROLES } from '../../music/blends/ingredients';
import { ROLES } from '../../music/roles';
import type { Curve } from './curves';
import { MIN_PIECES, sideLetter, SIDES } from './sides';

/** The properties of a blend that sliders move, from -1 (less) to 1 (more). */
export const ATTRIBUTES = ['density', 'register', 'syncopation', 'polyphony'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

export type Sliders = Readonly<Partial<Record<Attribute, number>>>;

/** Attributes that a role does not have: one voice has no polyphony, drums have no register. */
const UNSUPPORTED: Readonly<Partial<Record<Role, Attribute>>> = {
  lead: 'polyphony',
  bass: 'polyphony',
  drums: 'register',
};

/** Returns the attributes that a slider can move in a role, or in all roles. */
export function attributesOf(role: Role | null): readonly Attribute[] {
  return ATTRIBUTES.filter((attribute) => role === null || UNSUPPORTED[role] !== attribute);
}

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
  /** The weight over the time of the piece; null for `weight` all along. */
  readonly curve: Curve | null;
  /** The shares of three pieces and more, which sum to 1; empty for two. */
  readonly shares: readonly number[];
  readonly sliders: Sliders;
  /** The same for single roles, added to `sliders`. */
  readonly roleSliders: Readonly<Partial<Record<Role, Sliders>>>;
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
  curve: null,
  shares: [],
  sliders: {},
  roleSliders: {},
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
  if (form.curve !== null) return { weight: null, from: 'morph' };
  const role = INGREDIENT_ROLES[ingredient];
  const roleWeight = role && form.weights[role];
  if (roleWeight !== undefined) return { weight: roleWeight, from: 'role' };
  const hasSections = form.method === 'vae' && Object.keys(form.sectionWeights).length > 0;
  return hasSections ? { weight: null, from: 'sections' } : { weight: form.weight, from: 'main' };
}

/** Whether a form has shares of three pieces or more, which replace the weights of two. */
export function hasShares(form: FusionForm): boolean {
  return form.method === 'vae' && form.shares.length > MIN_PIECES;
}

/**
 * Returns why the form cannot be submitted yet, as a sentence; null where it can.
 *
 * `hasPiece` says of each place whether there is a piece.
 */
export function submitBlocker(form: FusionForm, hasPiece: readonly boolean[]): string | null {
  if (form.method === 'vae') return missingPiece(hasPiece) ?? invalidNumber(form);
  if (form.roles.length === 0) return msg('Choose at least one part.');
  return invalidNumber(form);
}

function missingPiece(hasPiece: readonly boolean[]): string | null {
  if (hasPiece[0] !== true && hasPiece[1] !== true) return msg('Add two pieces to blend.');
  const missing = SIDES.find((_, index) => (index < MIN_PIECES || index < hasPiece.length) && hasPiece[index] !== true);
  if (missing === undefined) return null;
  const letter = sideLetter(missing);
  return SIDES.indexOf(missing) < MIN_PIECES
    ? msg(str`Add piece ${letter} to blend.`)
    : msg(str`Add piece ${letter} to blend, or remove its place.`);
}

function invalidNumber(form: FusionForm): string | null {
  if (form.bpm !== null && !isWithin(form.bpm, 20, 400)) return msg('The tempo must be between 20 and 400 BPM.');
  if (!isSeed(form.seed)) return msg(str`The seed must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  if (form.method === 'vae') return null;
  if (form.bars !== null && !isWithin(form.bars, 8, 64)) return msg('The length must be between 8 and 64 bars.');
  return isWithin(form.count, 1, 16) ? null : msg('The number of pieces must be between 1 and 16.');
}

/** Whether a text is empty or a seed of at most 2^53 - 1, the largest integer that every JSON reader keeps exact. */
export function isSeed(text: string): boolean {
  return /^\d*$/.test(text) && Number.isSafeInteger(Number(text));
}

function isWithin(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}
