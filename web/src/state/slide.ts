/** The way from A to B in steps that are all made at once, to hear and see before a weight is chosen. */
import { cancelJob, getNotes, newIdempotencyKey, submit, warmUp } from '../api/client';
import type { Job, Notes, PieceFile, Problem } from '../api/contract';
import { watchJob } from '../api/job-events';
import { ProblemError, problemOf } from '../api/problem';
import { nextBeat, sameMoment } from '../music/beats';
import { player } from './player';
import { stepsOf, type FusionForm } from './request';

export const STEP_COUNT = 11;
/** Time that a change of the sound takes to be made ready. */
const LEAD_S = 0.15;
/** How many steps to either side have their sound made before they are asked for. */
const WARM_REACH = 2;

export interface Step {
  readonly fileId: string;
  readonly title: string;
  /** The share of B. */
  readonly weight: number;
  readonly notes: Notes;
}

/** Dispatches `change` when steps come or go, or another one is chosen. */
export class Slide extends EventTarget {
  steps: readonly Step[] = [];
  chosen = 0;
  problem: Problem | null = null;
  isWorking = false;
  /** What the steps were made from. */
  private basis: readonly unknown[] = [];
  private work: AbortController | null = null;
  private readonly warmed = new Set<string>();
  private isWarming = false;
  private turning: ReturnType<typeof setTimeout> | undefined;

  get step(): Step | null {
    return this.steps[this.chosen] ?? null;
  }

  /** Whether the steps, or those being made, are of these pieces with these settings. */
  isOf(a: PieceFile, b: PieceFile, form: FusionForm): boolean {
    const basis = basisOf(a, b, form);
    return this.basis.length > 0 && basis.every((part, place) => part === this.basis[place]);
  }

  async prepare(a: PieceFile, b: PieceFile, form: FusionForm): Promise<void> {
    this.drop();
    const work = new AbortController();
    this.work = work;
    this.basis = basisOf(a, b, form);
    this.isWorking = true;
    this.changed();
    try {
      const made = await makeSteps(stepsOf(form, [a.file_id, b.file_id], STEP_COUNT), work.signal);
      if (work.signal.aborted) return;
      this.steps = made;
      this.isWorking = false;
      this.choose(form.weight);
      void this.warm();
    } catch (thrown) {
      if (work.signal.aborted) return;
      this.drop();
      this.problem = problemOf(thrown);
    }
    this.changed();
  }

  /** Lets go of the steps, and of those that are being made. */
  drop(): void {
    this.work?.abort();
    clearTimeout(this.turning);
    Object.assign(this, { work: null, basis: [], steps: [], problem: null, isWorking: false });
    this.changed();
  }

  /** Takes the step nearest to a weight: seen at once, heard from the next beat on. */
  choose(weight: number): void {
    const place = Math.round(weight * Math.max(0, this.steps.length - 1));
    if (place === this.chosen) return;
    this.chosen = place;
    const { step } = this;
    const heard = this.steps.find((one) => player.has(one.fileId));
    clearTimeout(this.turning);
    if (step !== null && heard !== undefined && player.isPlaying) this.turnTo(step, heard);
    void this.warm();
    this.changed();
  }

  private turnTo(step: Step, heard: Step): void {
    if (step === heard) return;
    const now_s = player.audio.currentTime;
    const beat_s = nextBeat(heard.notes, now_s, LEAD_S);
    const turn = () => {
      if (!player.has(heard.fileId) || !player.isPlaying) return;
      void player.play({ fileId: step.fileId, title: step.title }, sameMoment(heard.notes, beat_s, step.notes));
    };
    this.turning = setTimeout(turn, (beat_s - now_s) * 1000);
  }

  /** Has the sound of the steps about the chosen one made, the nearest first, one at a time. */
  private async warm(): Promise<void> {
    const signal = this.work?.signal;
    if (signal === undefined || this.isWarming) return;
    this.isWarming = true;
    for (let next = this.nextToWarm(); next !== undefined && !signal.aborted; next = this.nextToWarm()) {
      this.warmed.add(next.fileId);
      // A step whose sound cannot be made now is made when it is played, or says then why not.
      await warmUp(next.fileId, signal).catch(() => undefined);
    }
    this.isWarming = false;
  }

  private nextToWarm(): Step | undefined {
    const distance = (step: Step) => Math.abs(this.steps.indexOf(step) - this.chosen);
    const cold = this.steps.filter((step) => distance(step) <= WARM_REACH && !this.warmed.has(step.fileId));
    return cold.sort((one, other) => distance(one) - distance(other))[0];
  }

  private changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}

/** Pieces as their roles stand, and what else the steps follow from. */
function basisOf(a: PieceFile, b: PieceFile, form: FusionForm): readonly unknown[] {
  return [a, b, form.key, form.seed, form.temperature];
}

async function makeSteps(body: Record<string, unknown>, signal: AbortSignal): Promise<readonly Step[]> {
  const begun = await submit('steps', body, newIdempotencyKey());
  const stop = () => void cancelJob(begun.job_id).catch(() => undefined);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let job: Job = begun;
  for await (const changed of watchJob(begun.job_id, signal)) job = changed;
  signal.removeEventListener('abort', stop);
  if (job.error !== null) throw new ProblemError(job.error);
  if (job.state !== 'succeeded') throw new Error('The steps were not made.');
  return Promise.all(
    job.results.map(async ({ file_id, title, weight }) => ({
      fileId: file_id,
      title,
      weight: weight ?? 0,
      notes: await getNotes(file_id),
    })),
  );
}

export const slide = new Slide();
