/** From whatever a failed call gave to something a person can read and act on. */
import type { Problem } from './contract';

const UNREACHABLE: Problem = {
  type: 'about:blank',
  title: 'Segue cannot be reached',
  status: 0,
  detail: 'No answer came from the server. Your settings are kept: try again in a moment.',
  reason: 'UNREACHABLE',
};

const TITLES: Readonly<Record<number, string>> = {
  404: 'Not found',
  413: 'The file is too large',
  415: 'This is not a kind of file Segue reads',
  429: 'Segue is busy',
  503: 'A part of Segue is starting up',
  504: 'This took too long',
  507: 'The store is full',
};

export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(readonly problem: Problem) {
    super(problemMessage(problem));
  }
}

/** The problem behind anything thrown by a call. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  // fetch reports every network failure as a TypeError.
  if (error instanceof TypeError) return UNREACHABLE;
  const detail = error instanceof Error ? error.message : String(error);
  return { type: 'about:blank', title: 'Something went wrong', status: 0, detail };
}

/** Reads an answer's body as a problem; one that is not a problem document still becomes one. */
export function parseProblem(status: number, body: unknown): Problem {
  const fields = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {};
  return {
    ...fields,
    type: fields.type ?? 'about:blank',
    status,
    title: fields.title ?? TITLES[status] ?? `The server answered ${status}`,
  };
}

/** One or more sentences: what was wrong, then each refused file or field. */
export function problemMessage(problem: Problem): string {
  const lines = (problem.errors ?? []).map((error) => [error.name, error.message].filter(Boolean).join(': '));
  const summary = problem.detail ?? problem.title;
  return [summary, ...lines.filter((line) => line !== '' && !summary.includes(line))].join('\n');
}

/** `NO_PITCHED_NOTES`, from the reason or from the last part of the type; empty when there is none. */
export function problemReason(problem: Problem): string {
  if (problem.reason !== undefined) return problem.reason;
  const last = problem.type.split(/[/:#]/).at(-1) ?? '';
  return /^[A-Z][A-Z0-9_]+$/.test(last) ? last : '';
}
