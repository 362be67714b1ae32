/** What the library says about a piece, as text. */
import { msg, str } from '@lit/localize';
import type { Job, LibraryItem, RelatedFile } from '../../api/types';
import { currentLocale } from '../../locale/locale';
import { formatClock, formatKey, formatPercent, formatTempo } from '../../music/format';

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** Returns where a piece opens with one click: among the results of its job, or as piece A of a blend. */
export function openUrl({ file_id, job_id }: Pick<LibraryItem, 'file_id' | 'job_id'>): string {
  return job_id === null ? `/fuse?method=vae&a=${file_id}` : `/fuse?job=${job_id}&piece=${file_id}`;
}

/** Returns how a piece came to be, e.g. "Blend". */
export function methodName({ kind, method }: Pick<RelatedFile, 'kind' | 'method'>): string {
  switch (method) {
    case 'vae':
      return msg('Blend');
    case 'gan':
      return msg('Generated');
    case 'hybrid':
      return msg('Generated and blended');
    case 'steps':
      return msg('Preview of a morph');
    case 'transcribe':
      return msg('Transcription');
    default:
      return kind === 'audio' ? msg('Recording') : msg('Upload');
  }
}

/** What a line on a piece is made of. */
interface Facts {
  readonly key: string | null;
  readonly tempo_bpm: number;
  readonly meter: string;
  readonly bars: number;
  readonly seconds: number;
}

/** Returns key, tempo, meter, bars and length, e.g. "E minor · 110 BPM · 4/4 · 16 bars · 0:35". */
export function factsText({ key, tempo_bpm, meter, bars, seconds }: Facts): string {
  return [
    key === null ? msg('no key') : formatKey(key),
    `${formatTempo(tempo_bpm)} BPM`,
    meter,
    bars === 1 ? msg('1 bar') : msg(str`${bars} bars`),
    formatClock(seconds),
  ].join(' · ');
}

/** Returns the facts of an entry; a recording has none until it is transcribed. */
export function summaryText({ summary }: Pick<LibraryItem, 'summary'>): string {
  return summary === null ? msg('Not transcribed yet') : factsText(summary);
}

/** Returns how a blend was weighed, e.g. "60% B"; empty for other pieces. */
export function mixText({ weight, curve, parents }: Pick<LibraryItem, 'weight' | 'curve' | 'parents'>): string {
  if (curve !== null) {
    const [first, last] = [curve.at(0)?.[1] ?? 0, curve.at(-1)?.[1] ?? 0];
    return msg(str`Morph, ${formatPercent(first)} B to ${formatPercent(last)} B`);
  }
  if (weight !== null) return msg(str`${formatPercent(weight)} B`);
  const shares = parents.flatMap((parent) => (parent.weight === null ? [] : [formatPercent(parent.weight)]));
  return shares.join(', ');
}

/** Returns how long ago something was, e.g. "2 minutes ago". */
export function ageText(time: string, now_ms = Date.now()): string {
  return relativeTime((Date.parse(time) - now_ms) / 1000);
}

/** Returns when a piece expires, e.g. "expires in 6 days". */
export function expiryText({ expires_at }: Pick<LibraryItem, 'expires_at'>, now_ms = Date.now()): string {
  if (expires_at === null) return msg('never expires');
  return msg(str`expires ${relativeTime((Date.parse(expires_at) - now_ms) / 1000)}`);
}

/** Returns what a running job does, e.g. "Blend of Funk and Waltz". */
export function jobText(job: Job): string {
  const titles = job.parents.map((parent) => parent.title);
  const kind = methodName({ kind: 'result', method: job.method });
  return titles.length === 0 ? kind : `${kind}: ${titles.join(' x ')}`;
}

function relativeTime(seconds: number): string {
  const format = new Intl.RelativeTimeFormat(currentLocale(), { numeric: 'auto' });
  for (const [unit, length_s] of UNITS)
    if (Math.abs(seconds) >= length_s) return format.format(Math.round(seconds / length_s), unit);
  return seconds < 0 ? msg('just now') : msg('in a moment');
}
