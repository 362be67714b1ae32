/** Problems (RFC 9457): converts whatever a failed call gave into something that a person can read and act on. */
import { problemTitle } from './problem-texts';
import type { Problem } from './types';

export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(readonly problem: Problem) {
    super(problemMessage(problem));
  }
}

/** Converts anything thrown by a call to a problem. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  // fetch reports every network failure as a TypeError.
  if (error instanceof TypeError) return namedProblem(navigator.onLine ? 'UNREACHABLE' : 'OFFLINE');
  const detail = error instanceof Error ? error.message : String(error);
  return { type: 'about:blank', title: '', status: 0, detail };
}

/** Returns a problem of the page's own, titled by its reason. */
export function namedProblem(reason: string, detail?: string): Problem {
  return { type: 'about:blank', title: '', status: 0, reason, ...(detail === undefined ? {} : { detail }) };
}

/** Whether the same call may succeed later without a change: nobody answered, or whoever did could not just now. */
export function isTransient(problem: Problem): boolean {
  if (problem.reason === 'OFFLINE' || problem.reason === 'UNREACHABLE') return true;
  return problem.status === 429 || (problem.status >= 500 && problem.status !== 507);
}

/** Reads a response body as a problem; of a body that is not a problem document, only the status is known. */
export function parseProblem(status: number, body: unknown, retryAfter: string | null = null): Problem {
  const fields = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {};
  const wait_s = parseRetryAfter(retryAfter);
  return {
    ...fields,
    type: fields.type ?? 'about:blank',
    status,
    title: fields.title ?? '',
    ...(wait_s === null ? {} : { retryAfter_s: wait_s }),
  };
}

/** Reads the header Retry-After, which has seconds or a date; null where it says nothing. */
export function parseRetryAfter(header: string | null, now_ms = Date.now()): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  const wait_s = Number.isNaN(seconds) ? (Date.parse(header) - now_ms) / 1000 : seconds;
  return Number.isFinite(wait_s) ? Math.max(0, Math.ceil(wait_s)) : null;
}

/** Returns one or more lines: the detail, then each refused file or field. */
export function problemMessage(problem: Problem): string {
  const lines = (problem.errors ?? []).map((error) => [error.name, error.message].filter(Boolean).join(': '));
  const summary = problem.detail ?? problemTitle(problem);
  return [summary, ...lines.filter((line) => line !== '' && !summary.includes(line))].join('\n');
}

/** Returns the reason, e.g. `NO_PITCHED_NOTES`, else the last part of the type; empty where there is none. */
export function problemReason(problem: Problem): string {
  if (problem.reason !== undefined) return problem.reason;
  const last = problem.type.split(/[/:#]/).at(-1) ?? '';
  return /^[A-Z][A-Z0-9_]+$/.test(last) ? last : '';
}
