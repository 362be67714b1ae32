/** Converts the form of the fusion page to request bodies, and a job's request back to the form. */
import type { BlendRequest, GenerateRequest, HybridRequest, InterpolateRequest, Method, Role } from '../api/types';
import { INGREDIENTS } from '../music/ingredients';
import { ROLES } from '../music/roles';
import { ATTRIBUTES, CURVES, EMPTY_FORM, isSeed, type Curve, type FusionForm, type MeterPolicy } from './fusion-form';

type FileIds = readonly [a: string, b: string];
type Fields = Readonly<Record<string, unknown>>;

/**
 * Builds the body of `POST /generate/{method}`; fields that are left open are omitted.
 *
 * `sectionLabels` are those of piece A, null where they are not known: weights of other sections are omitted.
 */
export function buildRequest(
  form: FusionForm,
  fileIds: FileIds | null,
  sectionLabels: readonly string[] | null = null,
): BlendRequest | GenerateRequest | HybridRequest {
  if (form.method === 'vae') return buildBlendRequest(form, fileIds, sectionLabels);
  if (form.method === 'gan')
    return { ...omitEmpty({ style: form.style }), ...pieceFields(form), ...commonFields(form) };
  const styles = form.styleA !== '' && form.styleB !== '' ? { styles: [form.styleA, form.styleB] } : {};
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
  const curve = CURVES[form.curve];
  return {
    ...(curve === null ? { weight: form.weight } : { curve }),
    ...(curve === null && !isEmpty(form.weights) ? { weights: form.weights } : {}),
    ...(isEmpty(form.ingredients) ? {} : { ingredients: form.ingredients }),
    ...(isEmpty(form.sliders) ? {} : { sliders: form.sliders }),
    ...omitEmpty({ temperature: form.temperature }),
  };
}

function meterFields(form: FusionForm) {
  return form.meterPolicy === '' ? {} : { meter_policy: form.meterPolicy };
}

function sectionFields(form: FusionForm, sectionLabels: readonly string[] | null) {
  const weights = Object.entries(form.sectionWeights).filter(([label]) => sectionLabels?.includes(label) ?? true);
  if (CURVES[form.curve] !== null || weights.length === 0) return {};
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
  const styles = (request['styles'] ?? []) as string[];
  const number = (name: string) => (typeof request[name] === 'number' ? request[name] : null);
  const text = (name: string) => (typeof request[name] === 'string' ? request[name] : '');
  return {
    method,
    weight: number('weight') ?? EMPTY_FORM.weight,
    weights: request['weights'] ?? {},
    ingredients: pickNumbers(INGREDIENTS, request['ingredients']),
    sectionWeights: parseSectionWeights(request['section_weights']),
    curve: parseCurve(request['curve']),
    sliders: pickNumbers(ATTRIBUTES, request['sliders']),
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

function parseCurve(value: unknown): Curve {
  const points = JSON.stringify(value ?? null);
  const names = Object.keys(CURVES) as Curve[];
  return names.find((name) => JSON.stringify(CURVES[name]) === points) ?? 'steady';
}
