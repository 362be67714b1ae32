/** The way from A to B in steps that are all made at once, to hear and see before a weight is chosen. */
import { cancelJob, getNotes, newIdempotencyKey, submitJob, prerender } from '../api/client';
import type { Job, Notes, PieceFile, Problem } from '../api/contract';
import { watchJob } from '../api/job-events';
import { ProblemError, toProblem } from '../api/problem';
import { nextBeat, matchingTime } from '../music/beats';
import { player } from './player';
import { buildInterpolationRequest, type FusionForm } from './fusion-request';

export const N_STEPS = 11;
/** Time that a change of the sound takes to be made ready. */
const SWITCH_LEAD_S = 0.15;
/** How many steps to either side have their sound made before they are asked for. */
const PRERENDER_RADIUS = 2;

export interface InterpolationStep {
  readonly fileId: string;
  readonly title: string;
  /** The share of B. */
  readonly weight: number;
  readonly notes: Notes;
}

/** Dispatches `change` when steps come or go, or another one is chosen. */
export class Interpolation extends EventTarget {
  steps: readonly InterpolationStep[] = [];
  selected = 0;
  problem: Problem | null = null;
  isLoading = false;
  /** What the steps were made from. */
  private inputs: readonly unknown[] = [];
  private abort: AbortController | null = null;
  private readonly prerendered = new Set<string>();
  private isPrerendering = false;
  private switchTimer: ReturnType<typeof setTimeout> | undefined;

  get step(): InterpolationStep | null {
    return this.steps[this.selected] ?? null;
  }

  /** Whether the steps, or those being made, are of these pieces with these settings. */
  matches(a: PieceFile, b: PieceFile, form: FusionForm): boolean {
    const inputs = inputsOf(a, b, form);
    return this.inputs.length > 0 && inputs.every((part, index) => part === this.inputs[index]);
  }

  async load(a: PieceFile, b: PieceFile, form: FusionForm): Promise<void> {
    this.clear();
    const abort = new AbortController();
    this.abort = abort;
    this.inputs = inputsOf(a, b, form);
    this.isLoading = true;
    this.notify();
    try {
      const steps = await generateSteps(buildInterpolationRequest(form, [a.file_id, b.file_id], N_STEPS), abort.signal);
      if (abort.signal.aborted) return;
      this.steps = steps;
      this.isLoading = false;
      this.selectWeight(form.weight);
      void this.prerenderNearby();
    } catch (error) {
      if (abort.signal.aborted) return;
      this.clear();
      this.problem = toProblem(error);
    }
    this.notify();
  }

  /** Lets go of the steps, and of those that are being made. */
  clear(): void {
    this.abort?.abort();
    clearTimeout(this.switchTimer);
    this.abort = null;
    this.inputs = [];
    this.steps = [];
    this.problem = null;
    this.isLoading = false;
    this.notify();
  }

  /** Takes the step nearest to a weight: seen at once, heard from the next beat on. */
  selectWeight(weight: number): void {
    const index = Math.round(weight * Math.max(0, this.steps.length - 1));
    if (index === this.selected) return;
    this.selected = index;
    const { step } = this;
    const current = this.steps.find((one) => player.isCurrent(one.fileId));
    clearTimeout(this.switchTimer);
    if (step !== null && current !== undefined && player.isPlaying) this.scheduleSwitch(step, current);
    void this.prerenderNearby();
    this.notify();
  }

  private scheduleSwitch(step: InterpolationStep, current: InterpolationStep): void {
    if (step === current) return;
    const now_s = player.audio.currentTime;
    const beat_s = nextBeat(current.notes, now_s, SWITCH_LEAD_S);
    const switchStep = () => {
      if (!player.isCurrent(current.fileId) || !player.isPlaying) return;
      void player.play({ fileId: step.fileId, title: step.title }, matchingTime(current.notes, beat_s, step.notes));
    };
    this.switchTimer = setTimeout(switchStep, (beat_s - now_s) * 1000);
  }

  /** Has the sound of the steps about the chosen one made, the nearest first, one at a time. */
  private async prerenderNearby(): Promise<void> {
    const signal = this.abort?.signal;
    if (signal === undefined || this.isPrerendering) return;
    this.isPrerendering = true;
    for (let next = this.nextToPrerender(); next !== undefined && !signal.aborted; next = this.nextToPrerender()) {
      this.prerendered.add(next.fileId);
      // A step whose sound cannot be made now is made when it is played, or says then why not.
      await prerender(next.fileId, signal).catch(() => undefined);
    }
    this.isPrerendering = false;
  }

  private nextToPrerender(): InterpolationStep | undefined {
    const distance = (step: InterpolationStep) => Math.abs(this.steps.indexOf(step) - this.selected);
    const pending = this.steps.filter(
      (step) => distance(step) <= PRERENDER_RADIUS && !this.prerendered.has(step.fileId),
    );
    return pending.sort((one, other) => distance(one) - distance(other))[0];
  }

  private notify(): void {
    this.dispatchEvent(new Event('change'));
  }
}

/** Pieces as their roles stand, and what else the steps follow from. */
function inputsOf(a: PieceFile, b: PieceFile, form: FusionForm): readonly unknown[] {
  return [a, b, form.key, form.seed, form.temperature];
}

async function generateSteps(
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<readonly InterpolationStep[]> {
  const submitted = await submitJob('steps', body, newIdempotencyKey());
  const stop = () => void cancelJob(submitted.job_id).catch(() => undefined);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let job: Job = submitted;
  for await (const notify of watchJob(submitted.job_id, signal)) job = notify;
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

export const interpolation = new Interpolation();
