/** The fusion page's form, as data, and the request that it stands for. */
import { ATTRIBUTES, ROLES, type Attribute, type Method, type Role } from '../api/contract';

/** How the weight goes over the piece. */
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

/** Null, or an empty text, leaves a thing to Segue: it is taken from the parents or drawn from the seed. */
export interface FusionForm {
  readonly method: Method;
  /** The share of B, 0 to 1. */
  readonly weight: number;
  /** Shares of single roles that differ from `weight`. */
  readonly weights: Readonly<Partial<Record<Role, number>>>;
  /** Shares of single sections of A, by label. */
  readonly sectionWeights: Readonly<Record<string, number>>;
  readonly curve: Curve;
  /** Less (-1) or more (1) of what is moved. */
  readonly sliders: Readonly<Partial<Record<Attribute, number>>>;
  readonly meterPolicy: 'convert' | 'refuse';
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
  sectionWeights: {},
  curve: 'steady',
  sliders: {},
  meterPolicy: 'convert',
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

type Fields = Record<string, unknown>;

/**
 * The body of `POST /generate/{method}`; what is left open is left out.
 *
 * `labels` are those of piece A's sections, null where they are not known: weights of others are left out.
 */
export function buildRequest(
  form: FusionForm,
  fileIds: readonly [string, string] | null,
  labels: readonly string[] | null = null,
): Fields {
  const common = omitEmpty({ key: form.key, bpm: form.bpm, seed: form.seed === '' ? null : Number(form.seed) });
  if (form.method === 'vae') {
    const meters = form.meterPolicy === 'refuse' ? { meter_policy: form.meterPolicy } : {};
    return { file_ids: fileIds ?? [], ...blendFields(form), ...sectionFields(form, labels), ...meters, ...common };
  }
  if (form.method === 'gan') return { ...omitEmpty({ style: form.style }), ...pieceFields(form), ...common };
  const styles = form.styleA !== '' && form.styleB !== '' ? { styles: [form.styleA, form.styleB] } : {};
  return { ...styles, ...pieceFields(form), ...blendFields(form), ...common };
}

function blendFields(form: FusionForm): Fields {
  const curve = CURVES[form.curve];
  const share = curve === null ? { weight: form.weight, ...roleWeightFields(form) } : { curve };
  const ends = form.method === 'vae' && form.ends === 'original' ? { ends: form.ends } : {};
  const sliders = omitEmpty(form.sliders);
  const moved = Object.keys(sliders).length > 0 ? { sliders } : {};
  return { ...share, ...ends, ...moved, ...omitEmpty({ temperature: form.temperature }) };
}

function sectionFields(form: FusionForm, labels: readonly string[] | null): Fields {
  const known = Object.entries(form.sectionWeights).filter(([label]) => labels?.includes(label) ?? true);
  if (CURVES[form.curve] !== null || known.length === 0) return {};
  return { section_weights: known.map(([label, weight]) => ({ label, weight })) };
}

/** The body of `POST /generate/steps`: the way from A to B, in the key and by the seed of the blend. */
export function buildInterpolationRequest(form: FusionForm, fileIds: readonly [string, string], count: number): Fields {
  const seed = isSeed(form.seed) && form.seed !== '' ? Number(form.seed) : null;
  return { file_ids: fileIds, count, ...omitEmpty({ key: form.key, temperature: form.temperature, seed }) };
}

function roleWeightFields(form: FusionForm): Fields {
  return Object.keys(form.weights).length > 0 ? { weights: form.weights } : {};
}

function pieceFields(form: FusionForm): Fields {
  const mood = omitEmpty({ valence: form.valence, energy: form.energy });
  return {
    ...omitEmpty({ meter: form.meter, bars: form.bars, density: form.density, count: form.count }),
    ...(Object.keys(mood).length > 0 ? { mood } : {}),
    ...(form.roles.length < ROLES.length ? { roles: form.roles } : {}),
  };
}

function omitEmpty(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== ''));
}

/** Why the form cannot be sent yet, as a sentence; null when it can. */
export function submitBlocker(form: FusionForm, hasA: boolean, hasB: boolean): string | null {
  if (form.method === 'vae') return missingPiece(hasA, hasB) ?? invalidNumber(form);
  if (form.roles.length === 0) return 'Choose at least one role to write for.';
  if (form.method === 'hybrid' && (form.styleA === '') !== (form.styleB === '')) {
    return 'Choose both styles, or leave both open.';
  }
  return invalidNumber(form);
}

function missingPiece(hasA: boolean, hasB: boolean): string | null {
  if (!hasA && !hasB) return 'Add two pieces to blend.';
  if (!hasA) return 'Add piece A to blend.';
  return hasB ? null : 'Add piece B to blend.';
}

function invalidNumber(form: FusionForm): string | null {
  if (form.bpm !== null && !isWithin(form.bpm, 20, 400)) return 'Tempo goes from 20 to 400 quarter notes a minute.';
  if (!isSeed(form.seed)) return `A seed is a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`;
  if (form.method === 'vae') return null;
  if (form.bars !== null && !isWithin(form.bars, 8, 64)) return 'Length goes from 8 to 64 bars.';
  return isWithin(form.count, 1, 16) ? null : 'Ask for 1 to 16 pieces.';
}

/** Seeds go up to 2^53 - 1, so that every JSON reader gets them exactly. */
function isSeed(text: string): boolean {
  return /^\d*$/.test(text) && Number.isSafeInteger(Number(text));
}

function isWithin(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

/** The form that a job was started with, so that its page can be opened anywhere. */
export function formFromRequest(method: Method, request: Readonly<Fields>): FusionForm {
  const mood = (request['mood'] ?? {}) as { valence?: number; energy?: number };
  const styles = (request['styles'] ?? []) as string[];
  const number = (name: string) => (typeof request[name] === 'number' ? request[name] : null);
  const text = (name: string) => (typeof request[name] === 'string' ? request[name] : '');
  return {
    method,
    weight: number('weight') ?? EMPTY_FORM.weight,
    weights: request['weights'] ?? {},
    sectionWeights: parseSectionWeights(request['section_weights']),
    curve: parseCurve(request['curve']),
    sliders: parseSliders(request['sliders']),
    meterPolicy: request['meter_policy'] === 'refuse' ? 'refuse' : 'convert',
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
  const parts = (value ?? []) as readonly { label?: string; weight: number }[];
  return Object.fromEntries(parts.flatMap(({ label, weight }) => (label === undefined ? [] : [[label, weight]])));
}

function parseSliders(value: unknown): Partial<Record<Attribute, number>> {
  const moved = (value ?? {}) as Partial<Record<Attribute, number>>;
  return Object.fromEntries(ATTRIBUTES.flatMap((name) => (moved[name] === undefined ? [] : [[name, moved[name]]])));
}

function parseCurve(points: unknown): Curve {
  const value = JSON.stringify(points ?? null);
  const named = (Object.keys(CURVES) as Curve[]).find((name) => JSON.stringify(CURVES[name]) === value);
  return named ?? 'steady';
}
