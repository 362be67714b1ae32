/** Musical keys as text. */
import { msg, str } from '@lit/localize';
import type { DetectedKey, LocalKey } from '../api/types';
import { formatConfidence, formatKey } from './format';

const MAJOR_TONICS = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'];
const MINOR_TONICS = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'G#', 'A', 'Bb', 'B'];

/** All keys under the API's names, in their usual spelling. */
export const KEYS: readonly string[] = [
  ...MAJOR_TONICS.map((tonic) => `${tonic} major`),
  ...MINOR_TONICS.map((tonic) => `${tonic} minor`),
];

const MAX_KEY_CHANGES = 4;
/** Below this confidence the runner-up is shown as well. */
const MIN_CLEAR_CONFIDENCE = 0.85;

/** Formats a key with its church mode, e.g. "F♯ minor (dorian)". */
export function formatDetectedKey(key: DetectedKey): string {
  return `${formatKey(key.name)}${key.mode && !key.name.endsWith(key.mode) ? ` (${key.mode})` : ''}`;
}

/** Describes how certain a detected key is, e.g. "likely, or A major". */
export function describeKeyConfidence(key: DetectedKey): string {
  const confidence = formatConfidence(key.confidence);
  return key.confidence < MIN_CLEAR_CONFIDENCE && key.runner_up
    ? msg(str`${confidence}, or ${formatKey(key.runner_up.name)}`)
    : confidence;
}

/** Lists the modulations, e.g. "G major from bar 5, E minor from bar 9"; empty for a piece in one key. */
export function describeKeyChanges(localKeys: readonly LocalKey[]): string {
  const changes = localKeys
    .slice(1)
    .map((localKey) => msg(str`${formatKey(localKey.name)} from bar ${localKey.first_bar + 1}`));
  const nOmitted = changes.length - MAX_KEY_CHANGES;
  return [...changes.slice(0, MAX_KEY_CHANGES), ...(nOmitted > 0 ? [msg(str`and ${nOmitted} more`)] : [])].join(', ');
}
