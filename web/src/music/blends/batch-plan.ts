/** What a batch is to make: all pairs of pieces at several mixes, styles, variations of a piece, blends of the best. */
import type { BatchItemRequest, BatchRequest, Job } from '../../api/types';

/** As many as the gateway takes. */
export const MAX_BATCH_ITEMS = 64;
/** The mixes of a new batch: enough to hear the way from one piece to the other. */
export const DEFAULT_WEIGHTS: readonly number[] = [0.25, 0.5, 0.75];
const N_VARIATIONS = 4;

export interface BlendPlan {
  readonly fileIds: readonly string[];
  readonly weights: readonly number[];
  /** How many of each, with different seeds. */
  readonly versions: number;
}

export interface StylePlan {
  readonly styles: readonly string[];
  readonly versions: number;
}

/** Returns each pair of different pieces, in the order in which the pieces were chosen. */
export function pairsOf(fileIds: readonly string[]): (readonly [string, string])[] {
  return fileIds.flatMap((one, index) => fileIds.slice(index + 1).map((other) => [one, other] as const));
}

export function countBlends({ fileIds, weights, versions }: BlendPlan): number {
  return pairsOf(fileIds).length * weights.length * versions;
}

export function planBlends({ fileIds, weights, versions }: BlendPlan): BatchItemRequest[] {
  return pairsOf(fileIds).flatMap((pair) =>
    weights.flatMap((weight) =>
      repeated(versions, (): BatchItemRequest => ({ method: 'vae', file_ids: [...pair], weight })),
    ),
  );
}

export function planStyles({ styles, versions }: StylePlan): BatchItemRequest[] {
  return styles.flatMap((style) => repeated(versions, (): BatchItemRequest => ({ method: 'gan', style, count: 1 })));
}

/** Returns a batch of the same job with new seeds; null for a job that has no variations. */
export function moreLike(job: Job, title: string): BatchRequest | null {
  const { method } = job;
  if (method !== 'vae' && method !== 'gan' && method !== 'hybrid') return null;
  const settings = Object.fromEntries(
    Object.entries(job.request).filter(([name]) => name !== 'seed' && name !== 'recordings'),
  );
  // The gateway has returned the request that it was sent: it has the fields of its method.
  const item = { ...settings, method, ...(method === 'vae' ? {} : { count: 1 }) } as BatchItemRequest;
  return { title, items: repeated(N_VARIATIONS, () => item) };
}

/** Returns the blends of all pairs of pieces at the usual mixes; the last pairs are left out where there are too many. */
export function blendsOf(fileIds: readonly string[], title: string): BatchRequest {
  return {
    title,
    items: planBlends({ fileIds, weights: DEFAULT_WEIGHTS, versions: 1 }).slice(0, MAX_BATCH_ITEMS),
  };
}

function repeated<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
