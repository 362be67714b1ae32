/** HTTP client of the gateway. A failed call throws `ProblemError`, or `TypeError` where there was no response. */
import { fetchRecorded } from './connection';
import { ProblemError, parseProblem } from './problem';
import type {
  BlendRequest,
  DownloadFormat,
  FileChanges,
  GalleryItem,
  GenerateRequest,
  GridSource,
  HybridRequest,
  InterpolateRequest,
  Job,
  Method,
  Notes,
  Peaks,
  PieceFile,
  PlayFormat,
  Role,
  RoleChoice,
  Section,
  SoundFont,
  Style,
} from './types';

const JSON_TYPES = { Accept: 'application/json, application/problem+json' };

export type RequestOptions = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> };

let prepareWrite = (): Promise<void> => Promise.resolve();

/** Sets what is awaited before each call that changes something, so that what it makes belongs to an account. */
export function beforeWrites(prepare: () => Promise<void>): void {
  prepareWrite = prepare;
}

/** Dispatches `change` after each call that changed something, and when a job has ended. */
export const writes = new EventTarget();

/** Tells that something was changed: lists that were fetched before may be out of date. */
export function reportWrite(): void {
  writes.dispatchEvent(new Event('change'));
}

/** Calls the gateway. Before a call that changes something, an account is made sure of. */
export async function requestJson<T>(path: string, init: RequestOptions = {}): Promise<T> {
  if ((init.method ?? 'GET') === 'GET') return fetchJson(path, init);
  await prepareWrite();
  const body = await fetchJson<T>(path, init);
  reportWrite();
  return body;
}

/** Calls the gateway as whoever the browser is now, be it nobody; resolves to undefined where the body is empty. */
export async function fetchJson<T>(path: string, init: RequestOptions = {}): Promise<T> {
  const response = await fetchRecorded(path, { ...init, headers: { ...JSON_TYPES, ...init.headers } });
  if (!response.ok) throw await readProblem(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Reads the problem in an error response. */
export async function readProblem(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => null);
  return new ProblemError(parseProblem(response.status, body, response.headers.get('Retry-After')));
}

export function jsonBody(method: string, body: unknown): RequestOptions {
  return { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
}

export async function uploadFiles(files: readonly File[]): Promise<readonly PieceFile[]> {
  const form = new FormData();
  for (const file of files) form.append('files', file, file.name);
  return (await requestJson<{ files: PieceFile[] }>('/upload', { method: 'POST', body: form })).files;
}

export function getFile(fileId: string): Promise<PieceFile> {
  return requestJson(`/files/${encodeURIComponent(fileId)}`);
}

export function setTrackRole(fileId: string, track: number, role: RoleChoice): Promise<PieceFile> {
  return changeFile(fileId, { roles: { [track]: role } });
}

export function setGrid(fileId: string, grid: GridSource): Promise<PieceFile> {
  return changeFile(fileId, { grid });
}

function changeFile(fileId: string, changes: FileChanges): Promise<PieceFile> {
  return requestJson(`/files/${encodeURIComponent(fileId)}`, jsonBody('PATCH', changes));
}

export async function getSections(fileId: string): Promise<readonly Section[]> {
  return (await requestJson<{ sections: Section[] }>(`/files/${encodeURIComponent(fileId)}/sections`)).sections;
}

export function getNotes(fileId: string): Promise<Notes> {
  return requestJson(`/files/${encodeURIComponent(fileId)}/notes`);
}

let renderQuery: (fileId: string) => readonly string[] = () => [];

/** Sets what returns the parameters of the sound of a piece, such as `reverb=0.3`. */
export function renderWith(query: (fileId: string) => readonly string[]): void {
  renderQuery = query;
}

/** Returns the waveform of the audio at `/play`, once all of it is rendered. */
export function getPeaks(fileId: string, count: number, signal: AbortSignal): Promise<Peaks> {
  const query = ['format=opus', `count=${count}`, ...renderQuery(fileId)].join('&');
  return requestJson(`/files/${encodeURIComponent(fileId)}/peaks?${query}`, { signal });
}

export type JobRequest = BlendRequest | GenerateRequest | HybridRequest | InterpolateRequest;

/** Starts a job. Repeating the call with the same key and body returns the same job. */
export function submitJob(method: Method | 'steps', body: JobRequest, idempotencyKey: string): Promise<Job> {
  const { headers, ...init } = jsonBody('POST', body);
  return requestJson(`/generate/${method}`, { ...init, headers: { ...headers, 'Idempotency-Key': idempotencyKey } });
}

export function getJob(jobId: string, signal?: AbortSignal): Promise<Job> {
  return requestJson(`/jobs/${encodeURIComponent(jobId)}`, signal ? { signal } : {});
}

export function cancelJob(jobId: string): Promise<Job> {
  return requestJson(`/jobs/${encodeURIComponent(jobId)}`, { method: 'DELETE' });
}

export async function getStyles(): Promise<readonly Style[]> {
  return (await requestJson<{ styles: Style[] }>('/styles')).styles;
}

export async function getSoundFonts(): Promise<readonly SoundFont[]> {
  return (await requestJson<{ soundfonts: SoundFont[] }>('/soundfonts')).soundfonts;
}

export async function getGallery(): Promise<readonly GalleryItem[]> {
  return (await requestJson<{ items: GalleryItem[] }>('/gallery')).items;
}

/** Returns the URL of a piece's audio: the whole piece, or only the given roles; of a recording, as it was uploaded. */
export function playUrl(fileId: string, roles: readonly Role[] = [], format?: PlayFormat): string {
  const sound = format ? [`format=${format}`, ...renderQuery(fileId)] : [];
  const query = [...sound, ...(roles.length > 0 ? [`roles=${roles.join()}`] : [])];
  return `/play/${encodeURIComponent(fileId)}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** Lets the gateway render all of a piece, so that it later plays without delay from any position. */
export async function prerender(fileId: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(playUrl(fileId, [], 'opus'), { headers: { Range: 'bytes=-1' }, signal });
  await response.arrayBuffer();
}

/** Returns the URL of a piece as a file: as it is, or as audio with a gain for each of its roles. */
export function downloadUrl(
  fileId: string,
  format: DownloadFormat,
  gains: ReadonlyMap<Role, number> | null = null,
): string {
  const all = [...(gains ?? [])];
  const audible = all.filter(([, gain]) => gain > 0);
  const levels = (audible.length > 0 ? audible : all).filter(([, gain]) => gain !== 1);
  const query = [`format=${format}`];
  if (audible.length > 0) query.push(`roles=${audible.map(([role]) => role).join()}`);
  if (levels.length > 0)
    query.push(`levels=${levels.map(([role, gain]) => `${role}:${Number(gain.toFixed(4))}`).join()}`);
  if (format !== 'mid') query.push(...renderQuery(fileId));
  return `/download/${encodeURIComponent(fileId)}?${query.join('&')}`;
}

/** Returns 128 random bits as hex. `crypto.randomUUID` would need a secure origin, which a LAN address is not. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
