/** Texts about the items of a batch. */
import { msg, str } from '@lit/localize';
import type { Batch, BatchItem, PieceFile } from '../../api/types';
import { formatClock, formatKey, formatPercent, formatTempo } from '../../music/format';
import { gallery } from '../../state/gallery';
import { resultOf } from '../../state/batch';

/** Returns what an item is called: the title of its piece, before that what is to be made. */
export function itemTitle(item: BatchItem, file: PieceFile | undefined): string {
  const { job } = item;
  return file?.title ?? resultOf(item)?.title ?? plannedTitle(job.parents, job.request);
}

function plannedTitle(parents: BatchItem['job']['parents'], request: BatchItem['job']['request']): string {
  const weight = typeof request['weight'] === 'number' ? request['weight'] : null;
  if (parents.length > 0) {
    const titles = parents.map(({ title }) => title).join(' x ');
    return weight === null ? titles : `${titles}, ${formatPercent(weight)}`;
  }
  const style = request['style'];
  return typeof style === 'string' ? gallery.styleName(style) : msg('New piece');
}

/** Returns what is known of the music; before that, the seed. */
export function itemFacts(item: BatchItem, file: PieceFile | undefined): string {
  const summary = file?.summary;
  if (!summary) return itemSeed(item);
  const key = summary.key ? [formatKey(summary.key.name)] : [];
  return [...key, `${formatTempo(summary.tempo_bpm)} BPM`, formatClock(summary.seconds)].join(' · ');
}

/** Returns the seed, which tells pieces of the same settings apart. */
export function itemSeed({ job }: BatchItem): string {
  return msg(str`Seed ${job.request['seed']}`);
}

/** Returns how far an item is; empty where it has a piece. */
export function itemState({ job }: BatchItem): string {
  if (job.state === 'queued') return msg('Waiting');
  if (job.state === 'running') return msg('In progress');
  if (job.state === 'cancelled') return msg('Stopped');
  return job.state === 'failed' ? (job.error?.detail ?? msg('It failed.')) : '';
}

/** Returns how far a batch is as a whole. */
export function batchState(batch: Batch): string {
  const nDone = batch.items.filter(({ job }) => job.state === 'succeeded').length;
  const progress = msg(str`${nDone} of ${batch.items.length} pieces are ready`);
  return batch.state === 'stopped' ? msg(str`Stopped: ${progress}`) : progress;
}
