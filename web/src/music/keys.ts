/** Keys as a person reads them: how sure, what else it might be, where it goes. */
import type { KeyGuess, LocalKey } from '../api/contract';
import { confidenceLabel, keyLabel } from './roles';

const MAX_SHOWN = 4;
/** Below this the runner-up is worth a word. */
const CLEAR = 0.85;

/** "likely, else A major" */
export function surenessOf(key: KeyGuess): string {
  const sureness = confidenceLabel(key.confidence);
  return key.confidence < CLEAR && key.runner_up ? `${sureness}, else ${keyLabel(key.runner_up.name)}` : sureness;
}

/** "F♯ minor (dorian)" */
export function nameOf(key: KeyGuess): string {
  return `${keyLabel(key.name)}${key.mode && !key.name.endsWith(key.mode) ? ` (${key.mode})` : ''}`;
}

/** "G major from bar 5, E minor from bar 9"; empty for a piece that stays in one key. */
export function journeyOf(stretches: readonly LocalKey[]): string {
  const changes = stretches.slice(1).map((stretch) => `${keyLabel(stretch.name)} from bar ${stretch.first_bar + 1}`);
  const rest = changes.length - MAX_SHOWN;
  return [...changes.slice(0, MAX_SHOWN), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}
