/** What the player needs to know of a piece beside its sound: bars and beats, roles, and who its parents are. */
import { getFile } from '../../api/client';
import type { PieceFile, Role } from '../../api/types';
import { beatsPerBar, listBeats, type Timeline } from '../../music/beats';
import { ROLES } from '../../music/roles';
import { cachedNotes } from '../fusion/notes-cache';

export interface PieceParent {
  readonly fileId: string;
  readonly title: string;
}

export interface PieceDetails extends Timeline {
  readonly fileId: string;
  readonly title: string;
  readonly parents: readonly PieceParent[];
  readonly roles: readonly Role[];
  readonly beatsPerBar: number;
  readonly beats_s: readonly number[];
}

const MAX_PIECES = 64;
const pieces = new Map<string, Promise<PieceDetails>>();
const loaded = new Map<string, PieceDetails>();

/** Loads the details of a piece once. */
export function loadDetails(fileId: string): Promise<PieceDetails> {
  const known = pieces.get(fileId);
  if (known !== undefined) return known;
  const details = fetchDetails(fileId);
  pieces.set(fileId, details);
  details.then(
    (found) => loaded.set(fileId, found),
    () => pieces.delete(fileId), // the next call tries again
  );
  for (const oldest of pieces.keys()) {
    if (pieces.size <= MAX_PIECES) break;
    pieces.delete(oldest);
    loaded.delete(oldest);
  }
  return details;
}

/** Returns the details that are loaded; null where they are not. */
export function loadedDetails(fileId: string): PieceDetails | null {
  return loaded.get(fileId) ?? null;
}

async function fetchDetails(fileId: string): Promise<PieceDetails> {
  const [file, notes] = await Promise.all([getFile(fileId), cachedNotes(fileId)]);
  const perBar = beatsPerBar(file.summary?.meter ?? '4/4');
  return {
    fileId,
    title: file.name,
    parents: readParents(file),
    roles: presentRoles(file),
    bars_s: notes.bars_s,
    duration_s: notes.duration_s,
    tempo_bpm: notes.tempo_bpm,
    beatsPerBar: perBar,
    beats_s: listBeats(notes, perBar),
  };
}

/** Returns the roles that have notes. */
export function presentRoles(file: PieceFile): readonly Role[] {
  const tracks = file.summary?.tracks ?? [];
  return ROLES.filter((role) => tracks.some((track) => track.role === role && track.notes > 0));
}

function readParents(file: PieceFile): readonly PieceParent[] {
  const { parents } = file.provenance as { parents?: readonly { file_id?: string; title?: string }[] };
  return (parents ?? []).map(({ file_id, title }) => ({ fileId: file_id ?? '', title: title ?? '' }));
}
