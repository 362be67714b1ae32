/** Problems (RFC 9457): converts whatever a failed call gave into something that a person can read and act on. */
import type { Problem } from './types';

const UNREACHABLE: Problem = {
  type: 'about:blank',
  title: 'Segue cannot be reached',
  status: 0,
  detail: 'The server did not respond. Your settings are saved; try again in a moment.',
  reason: 'UNREACHABLE',
};

const TITLES: Readonly<Record<number, string>> = {
  404: 'Not found',
  413: 'The file is too large',
  415: 'Unsupported file type',
  429: 'Segue is busy',
  503: 'Part of Segue is still starting up',
  504: 'The request took too long',
  507: 'The server is out of storage space',
};

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
  if (error instanceof TypeError) return UNREACHABLE;
  const detail = error instanceof Error ? error.message : String(error);
  return { type: 'about:blank', title: 'Something went wrong', status: 0, detail };
}

/** Reads a response body as a problem; a body that is not a problem document gets a title from its status. */
export function parseProblem(status: number, body: unknown): Problem {
  const fields = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {};
  return {
    ...fields,
    type: fields.type ?? 'about:blank',
    status,
    title: fields.title ?? TITLES[status] ?? `The server responded with status ${status}`,
  };
}

/** Returns one or more lines: the detail, then each refused file or field. */
export function problemMessage(problem: Problem): string {
  const lines = (problem.errors ?? []).map((error) => [error.name, error.message].filter(Boolean).join(': '));
  const summary = problem.detail ?? problem.title;
  return [summary, ...lines.filter((line) => line !== '' && !summary.includes(line))].join('\n');
}

/** Returns the reason, e.g. `NO_PITCHED_NOTES`, else the last part of the type; empty where there is none. */
export function problemReason(problem: Problem): string {
  if (problem.reason !== undefined) return problem.reason;
  const last = problem.type.split(/[/:#]/).at(-1) ?? '';
  return /^[A-Z][A-Z0-9_]+$/.test(last) ? last : '';
}
