/** Converts the form of the fusion page to request bodies, and a job's request back to the form. */
import type { BlendRequest, GenerateRequest, HybridRequest, InterpolateRequest, Method, Role } from '../../api/types';
import { INGREDIENTS } from '../../music/blends/ingredients';
import { ROLES } from '../../music/roles';
import { parseCurve } from './curves';
import {
  ATTRIBUTES,
  attributesOf,
  EMPTY_FORM,
  hasShares,
  isSeed,
  type FusionForm,
  type MeterPolicy,
  type Sliders,
} from './form';

type FileIds = readonly string[];
type Fields = Readonly<Record<string, unknown>>;
export type FusionRequest = BlendRequest | GenerateRequest | HybridRequest;

/**
 * Builds the body of `POST /generate/{method}`; fields that are left open are omitted.
 *
 * `sectionLabels` are those of piece A, null where they are not known: weights of other sections are omitted.
 */
export function buildRequest(
  form: FusionForm,
  fileIds: FileIds | null,
  sectionLabels: readonly string[] | null = null,
): FusionRequest {
  if (form.method === 'vae') return buildBlendRequest(form, fileIds, sectionLabels);
  if (form.method === 'gan')
    return { ...omitEmpty({ style: form.style }), ...pieceFields(form), ...commonFields(form) };
  const styles = form.styleA !== '' || form.styleB !== '' ? { styles: [form.styleA || null, form.styleB || null] } : {};
  return { ...styles, ...pieceFields(form), ...blendFields(form), ...commonFields(form) };
}

function buildBlendRequest(
  form: FusionForm,
  fileIds: FileIds | null,
  sectionLabels: readonly string[] | null,
): BlendRequest {
  return {
    file_ids: fileIds ?? [],
    ...blendFields(form),
    ...sectionFields(form, sectionLabels),
    ...(form.ends === 'original' ? { ends: form.ends } : {}),
    ...meterFields(form),
    ...commonFields(form),
  };
}

/** Builds the body of `POST /generate/steps`: interpolation from A to B, with the key and seed of the blend. */
export function buildInterpolationRequest(form: FusionForm, fileIds: FileIds, count: number): InterpolateRequest {
  const seed = isSeed(form.seed) && form.seed !== '' ? Number(form.seed) : null;
  return {
    file_ids: fileIds,
    count,
    ...meterFields(form),
    ...omitEmpty({ key: form.key, temperature: form.temperature, seed }),
  };
}

function commonFields(form: FusionForm) {
  return omitEmpty({ key: form.key, bpm: form.bpm, seed: form.seed === '' ? null : Number(form.seed) });
}

function blendFields(form: FusionForm) {
  const roleSliders = Object.fromEntries(Object.entries(form.roleSliders).filter(([, sliders]) => !isEmpty(sliders)));
  return {
    ...(hasShares(form) ? { shares: form.shares } : weightFields(form)),
    ...(isEmpty(form.sliders) ? {} : { sliders: form.sliders }),
    ...(isEmpty(roleSliders) ? {} : { role_sliders: roleSliders }),
    ...omitEmpty({ temperature: form.temperature }),
  };
}

/** Returns the weights of two pieces. A curve replaces all but those of ingredients. */
function weightFields(form: FusionForm) {
  return {
    ...(form.curve === null ? { weight: form.weight } : { curve: form.curve }),
    ...(form.curve === null && !isEmpty(form.weights) ? { weights: form.weights } : {}),
    ...(isEmpty(form.ingredients) ? {} : { ingredients: form.ingredients }),
  };
}

function meterFields(form: FusionForm) {
  return form.meterPolicy === '' ? {} : { meter_policy: form.meterPolicy };
}

function sectionFields(form: FusionForm, sectionLabels: readonly string[] | null) {
  const weights = Object.entries(form.sectionWeights).filter(([label]) => sectionLabels?.includes(label) ?? true);
  if (form.curve !== null || hasShares(form) || weights.length === 0) return {};
  return { section_weights: weights.map(([label, weight]) => ({ label, weight })) };
}

function pieceFields(form: FusionForm) {
  const mood = omitEmpty({ valence: form.valence, energy: form.energy });
  return {
    ...omitEmpty({ meter: form.meter, bars: form.bars, density: form.density }),
    count: form.count,
    ...(isEmpty(mood) ? {} : { mood }),
    ...(form.roles.length < ROLES.length ? { roles: form.roles } : {}),
  };
}

function isEmpty(fields: object): boolean {
  return Object.keys(fields).length === 0;
}

/** Returns the fields without those that are null or an empty string. */
function omitEmpty<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], null> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== null && value !== '');
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], null> };
}

/** Returns the form that a job was submitted with, so that a link to the job can restore it. */
export function formFromRequest(method: Method, request: Fields): FusionForm {
  const mood = (request['mood'] ?? {}) as { valence?: number; energy?: number };
  const styles = (request['styles'] ?? []) as (string | null)[];
  const number = (name: string) => (typeof request[name] === 'number' ? request[name] : null);
  const text = (name: string) => (typeof request[name] === 'string' ? request[name] : '');
  return {
    method,
    weight: number('weight') ?? EMPTY_FORM.weight,
    weights: request['weights'] ?? {},
    ingredients: pickNumbers(INGREDIENTS, request['ingredients']),
    sectionWeights: parseSectionWeights(request['section_weights']),
    curve: parseCurve(request['curve']),
    shares: Array.isArray(request['shares']) ? (request['shares'] as number[]) : [],
    sliders: pickNumbers(ATTRIBUTES, request['sliders']),
    roleSliders: parseRoleSliders(request['role_sliders']),
    meterPolicy: parseMeterPolicy(request['meter_policy']),
    ends: request['ends'] === 'original' ? 'original' : 'model',
    temperature: number('temperature'),
    style: text('style'),
    styleA: styles[0] ?? '',
    styleB: styles[1] ?? '',
    key: text('key'),
    bpm: number('bpm'),
    meter: text('meter'),
    bars: number('bars'),
    valence: mood.valence ?? null,
    energy: mood.energy ?? null,
    density: number('density'),
    roles: Array.isArray(request['roles']) && request['roles'].length > 0 ? (request['roles'] as Role[]) : ROLES,
    count: number('count') ?? 1,
    seed: typeof request['seed'] === 'number' ? String(request['seed']) : text('seed'),
  };
}

function parseSectionWeights(value: unknown): Record<string, number> {
  const weights = (value ?? []) as readonly { label?: string; weight: number }[];
  return Object.fromEntries(weights.flatMap(({ label, weight }) => (label === undefined ? [] : [[label, weight]])));
}

/** Returns the named numbers of an object, without other fields. */
function pickNumbers<Name extends string>(names: readonly Name[], value: unknown): Partial<Record<Name, number>> {
  const numbers = (value ?? {}) as Partial<Record<Name, number>>;
  const present = names.filter((name) => typeof numbers[name] === 'number');
  return Object.fromEntries(present.map((name) => [name, numbers[name]])) as Partial<Record<Name, number>>;
}

function parseMeterPolicy(value: unknown): MeterPolicy {
  return value === 'convert' || value === 'refuse' ? value : '';
}

function parseRoleSliders(value: unknown): Partial<Record<Role, Sliders>> {
  const sliders = (value ?? {}) as Readonly<Record<string, unknown>>;
  const present = ROLES.filter((role) => typeof sliders[role] === 'object');
  return Object.fromEntries(present.map((role) => [role, pickNumbers(attributesOf(role), sliders[role])]));
}

/** Whether two forms, with their pieces, ask for the same. Nothing is asked of a seed that is left open. */
export function isSameRequest(one: FusionForm, other: FusionForm, fileIds: FileIds, otherIds: FileIds): boolean {
  if (one.method !== other.method) return false;
  return JSON.stringify(buildRequest(one, fileIds)) === JSON.stringify(buildRequest(other, otherIds));
}
