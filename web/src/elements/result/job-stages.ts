/** What a job is doing, in words. Jobs name their stages as the services do: "Generating 2 of 8: draw". */
import { msg, str } from '@lit/localize';
import type { Job } from '../../api/types';
import { ROLE_NAMES, ROLES } from '../../music/roles';

type Text = () => string;

/* eslint-disable segue/no-raw-text -- the names of stages, as jobs have them */
/** What the gateway does. */
const STEPS: Readonly<Record<string, Text>> = {
  Starting: () => msg('Starting'),
  'Finding a common key': () => msg('Finding a common key'),
  'Moving to one key': () => msg('Moving to one key'),
  Blending: () => msg('Blending'),
  Interpolating: () => msg('Making the previews'),
  Generating: () => msg('Generating'),
  Transcribing: () => msg('Transcribing'),
  Done: () => msg('Done'),
  Failed: () => msg('Failed'),
  Cancelled: () => msg('Cancelled'),
};
/* eslint-enable segue/no-raw-text */

/** What a service does meanwhile. Other words of a service are not shown. */
const DETAILS: Readonly<Record<string, Text>> = {
  align: () => msg('lining up the pieces'),
  plan: () => msg('planning the form'),
  draw: () => msg('writing the notes'),
  choose: () => msg('picking the best take'),
  receive: () => msg('uploading'),
  decode: () => msg('decoding the recording'),
  listen: () => msg('detecting notes'),
  beats: () => msg('tracking the beat'),
  notes: () => msg('writing the score'),
};

/** Returns the stage of a job, e.g. "Generating 2 of 8: writing the notes". */
export function stageText(job: Job): string {
  if (job.state === 'queued') return msg('Waiting to start');
  const [step = '', detail = ''] = splitOnce(job.stage.trim(), ': ');
  const main = stepText(step);
  const more = detailText(detail);
  return more === '' ? main : `${main}: ${more}`;
}

function stepText(step: string): string {
  const known = STEPS[step];
  if (known !== undefined) return known();
  const [, first, last] = /^Generating (\d+) of (\d+)$/.exec(step) ?? [];
  if (first !== undefined && last !== undefined) return msg(str`Generating ${first} of ${last}`);
  const [, parent] = /^Generating parent (\d)$/.exec(step) ?? [];
  if (parent !== undefined) return msg(str`Generating piece ${parent === '1' ? 'A' : 'B'}`);
  return step === '' ? msg('Starting') : step.charAt(0).toUpperCase() + step.slice(1).replace(/[_-]+/g, ' ');
}

function detailText(detail: string): string {
  const known = DETAILS[detail];
  if (known !== undefined) return known();
  const [, work, role] = /^(encode|blend) (\w+)$/.exec(detail) ?? [];
  const name = ROLES.find((each) => each === role);
  if (name !== undefined) {
    const part = ROLE_NAMES[name].toLowerCase();
    return work === 'encode' ? msg(str`reading the ${part}`) : msg(str`mixing the ${part}`);
  }
  if (detail === 'waiting for its turn') return msg('waiting for its turn');
  return detail.startsWith('waiting for') ? msg('waiting for a part of Segue that is starting') : '';
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
