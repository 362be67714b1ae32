/** What a person reads of a problem: what happened, and what to do. */
import { msg, str } from '@lit/localize';
import type { Problem } from './types';

/** What happened, as a sentence, by reason. The detail, which says what was wrong with what, comes from the gateway. */
const TITLES: Readonly<Record<string, () => string>> = {
  OFFLINE: () => msg('You are offline'),
  UNREACHABLE: () => msg('Segue cannot be reached'),
  FOLDER_UNREADABLE: () => msg('The browser could not read this folder'),
  FILE_UNREADABLE: () => msg('The browser could not read this file'),
  ZIP_UNREADABLE: () => msg('The ZIP file could not be opened'),
  NO_EXAMPLES: () => msg('There are no examples on this server'),
  NO_PIECES: () => msg('There is no music in what you dropped'),
  ADDRESS_REFUSED: () => msg('This address cannot be used'),
  AUDIO_TOO_LONG: () => msg('The recording is too long'),
  AUDIO_UNREADABLE: () => msg('The recording could not be read'),
  CANCELLED: () => msg('The job was cancelled'),
  CONFLICT: () => msg('This cannot be done now'),
  DEADLINE_EXCEEDED: () => msg('Segue took too long to answer'),
  FORBIDDEN_SCOPE: () => msg('This token is not allowed to do this'),
  FOREIGN_ORIGIN: () => msg('Another site made this request'),
  IDEMPOTENCY_MISMATCH: () => msg('This was sent before with other settings'),
  INTERNAL: () => msg('Something went wrong in Segue'),
  INVALID_INPUT: () => msg('Something in these settings does not fit'),
  IRREGULAR_METER: () => msg('The meters of these pieces do not fit together'),
  JOB_FINISHED: () => msg('The job has already finished'),
  LOG_IN_STOPPED: () => msg('You are not logged in'),
  MIDI_TOO_LARGE: () => msg('The MIDI file is too large'),
  MIDI_UNREADABLE: () => msg('The MIDI file could not be read'),
  MODEL_MISMATCH: () => msg('The models of this server do not fit together'),
  NAME_TAKEN: () => msg('This name is taken'),
  NOT_ALLOWED: () => msg('This cannot be done here'),
  NOT_FOUND: () => msg('This no longer exists'),
  NOT_READY: () => msg('Part of Segue is still starting'),
  NOT_SIGNED_IN: () => msg('You are not logged in'),
  NO_NOTES: () => msg('The piece has no notes'),
  NO_PITCHED_NOTES: () => msg('The piece has drums only'),
  OVERLOADED: () => msg('Segue is busy'),
  QUOTA_EXCEEDED: () => msg('Your storage is full'),
  RANGE_UNSATISFIABLE: () => msg('The piece ends before this point'),
  SOUNDFONT_MISSING: () => msg('This server has no SoundFont to play with'),
  SOUNDFONT_NOT_FOUND: () => msg('This SoundFont does not exist'),
  STORE_FULL: () => msg('The server has no space left'),
  TOO_LARGE: () => msg('The file is too large'),
  TOO_MANY_ATTEMPTS: () => msg('Too many attempts'),
  UNKNOWN_KEY: () => msg('This key does not exist'),
  UNKNOWN_STYLE: () => msg('This style does not exist'),
  UNSUPPORTED_METER: () => msg('Segue cannot use this meter yet'),
  UNSUPPORTED_TIME_DIVISION: () => msg('Segue cannot use the time format of this MIDI file'),
  UPSTREAM: () => msg('Part of Segue is not available'),
  WEAK_PASSWORD: () => msg('This password is too easy to guess'),
  WRONG_CREDENTIALS: () => msg('You could not be logged in'),
  WRONG_TYPE: () => msg('Segue cannot read this kind of file'),
};

/** What happened, where the response gave no reason: something between the browser and Segue answered. */
const TITLES_BY_STATUS: Readonly<Record<number, () => string>> = {
  404: TITLES['NOT_FOUND'] as () => string,
  413: TITLES['TOO_LARGE'] as () => string,
  415: TITLES['WRONG_TYPE'] as () => string,
  429: TITLES['OVERLOADED'] as () => string,
  503: TITLES['UPSTREAM'] as () => string,
  504: TITLES['DEADLINE_EXCEEDED'] as () => string,
  507: TITLES['STORE_FULL'] as () => string,
};

/** Returns what happened, as a sentence. */
export function problemTitle(problem: Problem): string {
  const text = TITLES[problem.reason ?? ''] ?? (problem.reason === undefined && TITLES_BY_STATUS[problem.status]);
  if (text) return text();
  if (problem.title !== '') return problem.title;
  return problem.status >= 500 ? msg('Something went wrong in Segue') : msg('Something went wrong');
}

export interface ProblemAdvice {
  readonly text: string;
  /** Where to go to put it right. */
  readonly link?: { readonly href: string; readonly label: string };
}

/** Returns what to do, where the detail does not say it. */
export function problemAdvice(problem: Problem): ProblemAdvice | null {
  switch (problem.reason) {
    case 'OFFLINE':
      return { text: msg('Nothing is lost. Segue goes on as soon as the connection is back.') };
    case 'UNREACHABLE':
      return { text: msg('Nothing is lost. Segue goes on as soon as the server answers again.') };
    case 'FOLDER_UNREADABLE':
    case 'FILE_UNREADABLE':
    case 'ZIP_UNREADABLE':
      return { text: msg('Choose the MIDI files or recordings themselves instead.') };
    case 'NO_PIECES':
      return { text: msg('Segue takes MIDI files, recordings, and folders or ZIP files with MIDI files in them.') };
    case 'TOO_MANY_ATTEMPTS':
      return { text: waitText(problem.retryAfter_s ?? 60) };
    case 'QUOTA_EXCEEDED':
    case 'STORE_FULL':
      return {
        text: msg('Delete pieces that you no longer need, then try again.'),
        link: { href: '/library', label: msg('Open the library') },
      };
  }
  if (problem.status === 404)
    return {
      text: msg('It may have expired or been deleted.'),
      link: { href: '/library', label: msg('Open the library') },
    };
  if (problem.status === 429) return { text: msg('Segue tries again by itself in a moment.') };
  if (problem.status >= 500) return { text: msg('Your pieces and settings are kept.') };
  return null;
}

function waitText(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? msg('You can try again in a minute.') : msg(str`You can try again in ${minutes} minutes.`);
}
