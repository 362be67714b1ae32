/** What went wrong with a job. */
import { msg } from '@lit/localize';
import type { Job, Problem } from '../../api/types';

/** Returns the problem of a failed job: its own, or that none was given. */
export function jobProblem(job: Job): Problem {
  if (job.error !== null) return job.error;
  return {
    type: 'about:blank',
    status: 500,
    title: job.method === 'vae' ? msg('The blend was not made') : msg('The piece was not made'),
    detail: msg('The server gave no reason. Your pieces and settings are still here: try again.'),
  };
}
