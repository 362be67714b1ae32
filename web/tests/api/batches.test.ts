import { describe, expect, it } from 'vitest';
import { applyEvent, isBatchFinished } from '../../src/api/batches';
import type { Batch } from '../../src/api/types';

function batch(...states: readonly string[]): Batch {
  return { batch_id: 'x', items: states.map((state, index) => ({ index, job: { state } })) } as unknown as Batch;
}

describe('the events of a batch', () => {
  it('replace one item, or everything', () => {
    const first = applyEvent(null, 'batch', JSON.stringify(batch('queued', 'queued')));
    const second = applyEvent(first, 'item', JSON.stringify({ index: 1, job: { state: 'running' } }));
    expect(second?.items.map((item) => item.job.state)).toEqual(['queued', 'running']);
    expect(applyEvent(second, 'end', JSON.stringify(batch('succeeded', 'failed')))).toEqual(
      batch('succeeded', 'failed'),
    );
  });

  it('are of no use before the first of them', () => {
    expect(applyEvent(null, 'item', JSON.stringify({ index: 0, job: {} }))).toBeNull();
  });

  it('end when no job will change any more', () => {
    expect(isBatchFinished(batch('succeeded', 'cancelled', 'failed'))).toBe(true);
    expect(isBatchFinished(batch('succeeded', 'queued'))).toBe(false);
    expect(isBatchFinished(batch('running'))).toBe(false);
  });
});
