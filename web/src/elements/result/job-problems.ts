/** What went wrong with a job, as a sentence of a title and what would help. */
import { msg } from '@lit/localize';
import { problemReason } from '../../api/problem';
import type { Job, Problem } from '../../api/types';

/** Titles of problems, by reason: what happened, where the title of the API names only a kind. */
const TITLES: Readonly<Record<string, () => string>> = {
  IRREGULAR_METER: () => msg('A piece has an irregular meter'),
  UNSUPPORTED_METER: () => msg('The meter does not fit'),
  NO_PITCHED_NOTES: () => msg('A piece has no notes with a pitch'),
  NO_NOTES: () => msg('A piece has no notes'),
  NOT_FOUND: () => msg('A piece is no longer there'),
  OVERLOADED: () => msg('Segue was too busy'),
  NOT_READY: () => msg('A part of Segue was not ready'),
  UPSTREAM: () => msg('A part of Segue did not answer'),
  DEADLINE_EXCEEDED: () => msg('It took too long'),
  STORE_FULL: () => msg('The server is out of storage space'),
};

/** Returns the problem of a failed job, with a title that says what happened. */
export function describeJobProblem(job: Job): Problem {
  const { error } = job;
  const title = error === null ? undefined : TITLES[problemReason(error)]?.();
  const detail = error?.detail ?? msg('The server gave no reason. Your pieces and settings are still here: try again.');
  return { ...(error ?? { type: 'about:blank', status: 500 }), title: title ?? failedTitle(job.method), detail };
}

function failedTitle(method: Job['method']): string {
  if (method === 'vae') return msg('The blend was not made');
  return method === 'transcribe' ? msg('The recording was not transcribed') : msg('The piece was not made');
}
