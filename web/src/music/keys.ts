/** Keys as a person reads them: how sure, what else it might be, where it goes. */
import type { DetectedKey, LocalKey } from '../api/contract';
import { confidenceLabel, keyLabel } from './roles';

const MAX_SHOWN = 4;
/** Below this the runner-up is worth a word. */
const MIN_CLEAR_CONFIDENCE = 0.85;

/** "likely, else A major" */
export function keyConfidence(key: DetectedKey): string {
  const confidence = confidenceLabel(key.confidence);
  return key.confidence < MIN_CLEAR_CONFIDENCE && key.runner_up
    ? `${confidence}, else ${keyLabel(key.runner_up.name)}`
    : confidence;
}

/** "F♯ minor (dorian)" */
export function keyName(key: DetectedKey): string {
  return `${keyLabel(key.name)}${key.mode && !key.name.endsWith(key.mode) ? ` (${key.mode})` : ''}`;
}

/** "G major from bar 5, E minor from bar 9"; empty for a piece that stays in one key. */
export function keyChanges(localKeys: readonly LocalKey[]): string {
  const changes = localKeys.slice(1).map((localKey) => `${keyLabel(localKey.name)} from bar ${localKey.first_bar + 1}`);
  const nOmitted = changes.length - MAX_SHOWN;
  return [...changes.slice(0, MAX_SHOWN), ...(nOmitted > 0 ? [`and ${nOmitted} more`] : [])].join(', ');
}
