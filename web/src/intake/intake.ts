/** Brings pieces from anywhere on the page into the slots of a blend: dropped, chosen, or the example pair. */
import { namedProblem, toProblem } from '../api/problem';
import type { Problem } from '../api/types';
import { gallery } from '../state/gallery';
import { navigate } from '../state/router';
import { findPieces, type DroppedEntry } from './dropped-files';

/** Slots to fill, and one more, by which the page sees that there were others. */
const MAX_READ = 3;
const BLEND_URL = '/fuse?method=vae';

/** Dispatches `change` when its problem changes. */
export class Intake extends EventTarget {
  /** Why nothing was taken; null where there is no problem. */
  problem: Problem | null = null;
  /** What may help, where it is not to choose other files. */
  retry: (() => unknown) | null = null;

  /**
   * Puts pieces into the slots and shows them.
   *
   * One piece goes to the given side. Of several, the first becomes A and the second B; where `blend` is set, they are
   * blended at once.
   */
  async take(entries: readonly DroppedEntry[], side: 'a' | 'b', blend: boolean): Promise<void> {
    this.report(null);
    try {
      const pieces = await findPieces(entries);
      const files = await Promise.all(pieces.slice(0, MAX_READ).map((piece) => piece.read()));
      if (files.length === 0) return;
      const fusion = await openFusePage();
      await fusion.assignFiles(files, files.length === 1 ? side : 'a');
      if (blend && files.length > 1) await submitPair();
    } catch (error) {
      this.report(toProblem(error));
    }
  }

  /** Puts two pieces of the gallery into the slots and blends them. */
  async takeExamplePair(): Promise<void> {
    this.report(null);
    try {
      await gallery.load();
      const [a, b] = gallery.exampleBlend?.parents ?? [];
      if (a === undefined || b === undefined) {
        this.report(gallery.problem ?? namedProblem('NO_EXAMPLES'), () => this.takeExamplePair());
        return;
      }
      const fusion = await openFusePage();
      await Promise.all([fusion.assignFile('a', a), fusion.assignFile('b', b)]);
      await submitPair();
    } catch (error) {
      this.report(toProblem(error), () => this.takeExamplePair());
    }
  }

  report(problem: Problem | null, retry: (() => unknown) | null = null): void {
    this.problem = problem;
    this.retry = retry;
    this.dispatchEvent(new Event('change'));
  }
}

export const intake = new Intake();

/** Shows the fusion page, ready for a blend. Its state is loaded with it, so that other pages need not carry it. */
async function openFusePage() {
  const { fusion } = await import('../state/fusion');
  fusion.updateForm({ method: 'vae' });
  navigate(location.pathname === '/fuse' ? location.href : BLEND_URL);
  return fusion;
}

/** Blends the pieces in the slots, where both are there. */
async function submitPair(): Promise<void> {
  const { fusion } = await import('../state/fusion');
  if (fusion.slots.a.problem === null && fusion.slots.b.problem === null) await fusion.submit();
}

/** Lets the reader choose files; resolves to none where the dialog is closed. */
export function chooseFiles(): Promise<readonly File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', multiple: true });
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}
