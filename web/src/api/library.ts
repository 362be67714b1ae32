/** Calls of the library: what belongs to the account of this browser. */
import { getFile, jsonBody, requestJson } from './client';
import type { Family, FileChanges, Job, JobList, Library, PieceFile } from './types';

/** Which files are listed; what is absent does not restrict them. */
export interface LibraryQuery {
  readonly q?: string;
  readonly kind?: 'midi' | 'audio' | 'result';
  readonly method?: Job['method'];
  readonly starred?: boolean;
  readonly parent?: string;
}

/** Returns a page of the library, the newest first. */
export function getLibrary(query: LibraryQuery, cursor: string | null, signal?: AbortSignal): Promise<Library> {
  const params = new URLSearchParams(
    Object.entries({ ...query, ...(cursor === null ? {} : { cursor }) }).map(([name, value]) => [name, String(value)]),
  );
  return requestJson(`/library${params.size > 0 ? `?${params}` : ''}`, signal ? { signal } : {});
}

/** Returns the jobs that are queued or running. */
export async function getActiveJobs(): Promise<readonly Job[]> {
  return (await requestJson<JobList>('/jobs?state=active')).items;
}

/** Returns what a piece was made from, and what was made from it. */
export function getFamily(fileId: string): Promise<Family> {
  return requestJson(`/files/${encodeURIComponent(fileId)}/family`);
}

export function renameFile(fileId: string, name: string): Promise<PieceFile> {
  return changeFile(fileId, { name });
}

export function starFile(fileId: string, starred: boolean): Promise<PieceFile> {
  return changeFile(fileId, { starred });
}

function changeFile(fileId: string, changes: FileChanges): Promise<PieceFile> {
  return requestJson(`/files/${encodeURIComponent(fileId)}`, jsonBody('PATCH', changes));
}

/** Deletes a piece; it can be restored for some seconds. */
export function deleteFile(fileId: string): Promise<void> {
  return requestJson(`/files/${encodeURIComponent(fileId)}?undo=true`, { method: 'DELETE' });
}

export function restoreFile(fileId: string): Promise<PieceFile> {
  return requestJson(`/files/${encodeURIComponent(fileId)}/restore`, { method: 'POST' });
}

/** Deletes all that is not starred, or everything; returns the number of pieces. */
export async function clearLibrary(withStarred: boolean): Promise<number> {
  const path = `/library${withStarred ? '?starred=true' : ''}`;
  return (await requestJson<{ n_deleted: number }>(path, { method: 'DELETE' })).n_deleted;
}

export async function restoreLibrary(): Promise<void> {
  await requestJson('/library/restore', { method: 'POST' });
}

/** Takes a piece that belongs to nobody into the library. */
export async function claimFile(fileId: string): Promise<PieceFile> {
  await requestJson('/library', jsonBody('POST', { file_ids: [fileId] }));
  return getFile(fileId);
}
