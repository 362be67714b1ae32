/** What the page shows of a finished job: which of its pieces, and what is known of that piece. */
import type { Job, JobOutput, Notes } from '../api/types';
import type { BlendSources } from '../music/blends/blend-sources';

/** What the roll shows: a parent, the result, or a preview of it. */
export type StageView = 'a' | 'blend' | 'preview' | 'b';

/** Dispatches `change` after every change. The roll, the result's card and the transport share it. */
export class ResultView extends EventTarget {
  private jobId = '';
  /** The piece that the URL named when the job was shown. */
  private linkedId: string | null = null;
  /** What the user, or the last thing that was made, chose to show; it may not be there. */
  view: StageView = 'blend';
  /** Which of the job's results is shown. */
  selectedIndex = 0;
  /** The duration of the audio with its reverb tail; 0 until it is known. */
  audioDuration_s = 0;
  notes: Notes | null = null;
  /** What came from which parent; null for pieces without parents. */
  sources: BlendSources | null = null;

  get bars_s(): readonly number[] {
    return this.notes?.bars_s ?? [];
  }

  /** Returns the job's piece that is shown; undefined where it has none. */
  piece(job: Job): JobOutput | undefined {
    return job.job_id === this.jobId ? (job.results[this.selectedIndex] ?? job.results[0]) : job.results[0];
  }

  /** Shows the piece of a job that the URL names, else its first one, unless one of its pieces is shown already. */
  showJob(job: Job): void {
    const linkedId = new URLSearchParams(location.search).get('piece');
    if (job.job_id === this.jobId && linkedId === this.linkedId) return;
    this.jobId = job.job_id;
    this.linkedId = linkedId;
    this.select(this.linkedIndex(job));
  }

  /** Returns the result that the URL names, or that was made from the parent that it names. */
  private linkedIndex(job: Job): number {
    const result = job.results.findIndex((piece) => piece.file_id === this.linkedId);
    if (result >= 0) return result;
    const parent = job.parents.findIndex((piece) => piece.file_id === this.linkedId);
    if (job.method !== 'hybrid' || parent < 0) return 0;
    this.view = parent % 2 === 0 ? 'a' : 'b';
    return Math.floor(parent / 2);
  }

  show(view: StageView): void {
    if (view === this.view) return;
    this.view = view;
    this.notify();
  }

  select(index: number): void {
    this.selectedIndex = index;
    this.audioDuration_s = 0;
    this.notes = null;
    this.sources = null;
    this.notify();
  }

  set(facts: Partial<Pick<ResultView, 'audioDuration_s' | 'notes' | 'sources'>>): void {
    Object.assign(this, facts);
    this.notify();
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

export const resultView = new ResultView();
