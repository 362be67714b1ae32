/** A gateway with generated data, for work on the pages without the services: `npm run dev`. Never shipped. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import type { GalleryItem, Job, JobOutput, Me, PieceFile, Section, Style } from '../src/api/types.ts';
import { buildFile, buildNotes, buildPeaks, renderWav, type FakePiece } from './fake-music.ts';

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type FakeJob = Mutable<Job>;

const STAGES = ['Finding the key', 'Moving to one key', 'Blending: aligning windows', 'Blending: decoding'];
const TRANSCRIPTION_STAGES = ['decode', 'listen', 'beats', 'notes'].map((stage) => `Transcribing: ${stage}`);
const TITLES = [
  'Lantern Street',
  'Night Ferry',
  'Paper Boats',
  'Copper Rain',
  'The Long Way Up',
  'Small Machines',
  'Harbour Waltz',
  'Pale Signal',
];
const SOUNDFONTS = [
  { name: 'default', title: 'Default bank', is_default: true },
  { name: 'thin', title: 'A thin bank', is_default: false },
];
const STYLE_NAMES = ['Pop', 'Game', 'Jazz', 'Folk dance'];

const pieces = new Map<string, FakePiece>();
const jobs = new Map<string, FakeJob>();
const recordings = new Map<string, { readonly job: FakeJob; readonly transcriptionId: string }>();
let nextId = 1;

function addPiece(title: string, seed: number, bars = 16): string {
  const fileId = `f${String(nextId++).padStart(4, '0')}`;
  pieces.set(fileId, { title, seed, bars, tempo_bpm: 84 + ((seed * 13) % 70) });
  return fileId;
}

const styles = STYLE_NAMES.map((name): Style => ({
  id: name.toLowerCase().replace(' ', '-'),
  name,
  description: `${name}, as in the training data.`,
  meters: ['4/4', '3/4'],
  roles: ['lead', 'harmony', 'bass', 'drums'],
}));
const generated = TITLES.map((title, index): GalleryItem => ({
  file_id: addPiece(title, index),
  title,
  description: 'A walking bass under a melody that keeps returning to its first phrase.',
  method: 'gan',
  styles: [styles[index % 4]?.id ?? ''],
  parents: [],
  settings: { bars: 16, mood: { valence: 0.4, energy: -0.2 } },
  seed: 1000 + index,
}));
const blends = [0, 2, 4].map((index): GalleryItem => ({
  file_id: addPiece(`${TITLES[index] ?? ''} at ${TITLES[index + 1] ?? ''}`, index + 20, 24),
  title: ['Lantern Ferry', 'Copper Boats', 'Small Way Up'][index / 2] ?? '',
  description: 'The melody of the first piece over the chords of the second, meeting halfway.',
  method: 'vae',
  styles: [styles[index % 4]?.id ?? '', styles[(index + 1) % 4]?.id ?? ''],
  parents: [generated[index]?.file_id ?? '', generated[index + 1]?.file_id ?? ''],
  settings: { weight: 0.5 },
  seed: 77 + index,
}));

const me: Me = {
  account: {
    account_id: 'a0001',
    name: null,
    kind: 'anonymous',
    created_at: '2026-01-01T00:00:00Z',
    has_password: false,
    passkeys: [],
    identities: [],
  },
  session_id: 's0001',
  usage: { bytes: 4_000_000, files: 3 },
  limits: { bytes: 536_870_912, jobs_per_hour: 600 },
  sign_in: { password: true, passkey: true, openid: [{ name: 'example', label: 'Example' }] },
};

export function fakeGateway(): Plugin {
  return {
    name: 'fake-gateway',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        void handleRequest(request, response).then((isHandled) => {
          if (!isHandled) next();
        });
      });
    },
  };
}

async function handleRequest(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.headers.accept?.includes('text/html')) return false;
  const [, root = '', id = '', part = ''] = pathname.split('/');
  const body = ['POST', 'PATCH'].includes(request.method ?? '') ? await readBody(request) : Buffer.alloc(0);
  if (root === 'styles') sendJson(response, { styles });
  else if (root === 'soundfonts') sendJson(response, { soundfonts: SOUNDFONTS });
  else if (root === 'gallery') sendJson(response, { items: [...blends, ...generated] });
  else if (root === 'me' || root === 'accounts') sendJson(response, me);
  else if (root === 'upload') handleUpload(response, body);
  else if (root === 'generate')
    handleGenerate(response, id as Job['method'], JSON.parse(body.toString()) as Record<string, unknown>);
  else if (root === 'jobs' && part === 'events') streamJob(response, id);
  else if (root === 'jobs') handleJob(request, response, id);
  else if (root === 'files' && part === 'notes')
    withPiece(response, id, (piece) => sendJson(response, buildNotes(piece)));
  else if (root === 'files' && part === 'peaks')
    withPiece(response, id, (piece) => sendJson(response, buildPeaks(piece)));
  else if (root === 'files' && part === 'sections')
    withPiece(response, id, (piece) => sendJson(response, { sections: buildSections(piece) }));
  else if (root === 'files') withPiece(response, id, () => sendJson(response, findFile(id)));
  else if (root === 'play' || root === 'download')
    withPiece(response, id, (piece) => sendAudio(request, response, piece));
  else return false;
  return true;
}

function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(JSON.stringify(value));
}

function withPiece(response: ServerResponse, fileId: string, use: (piece: FakePiece) => void): void {
  const piece = pieces.get(fileId);
  if (piece) use(piece);
  else
    sendJson(
      response,
      {
        type: '/problems/not-found',
        title: 'Not found',
        status: 404,
        reason: 'NOT_FOUND',
        detail: 'No file has this id.',
      },
      404,
    );
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function handleUpload(response: ServerResponse, body: Buffer): void {
  const text = body.toString('latin1');
  const name = /filename="([^"]*)"/.exec(text)?.[1] ?? 'piece.mid';
  if (/RIFF....WAVE|FORM....AIF|ftyp|fLaC|OggS|ID3/s.test(text)) {
    sendJson(response, { files: [addRecording(name)] }, 201);
    return;
  }
  if (!text.includes('MThd')) {
    const errors = [
      { name, reason: 'MIDI_UNREADABLE', message: 'This is not a MIDI file: it does not begin with MThd.' },
    ];
    sendJson(
      response,
      {
        type: '/problems/midi-unreadable',
        title: 'MIDI unreadable',
        status: 400,
        reason: 'MIDI_UNREADABLE',
        detail: `${name}: ${errors[0]?.message ?? ''}`,
        errors,
      },
      400,
    );
    return;
  }
  const fileId = addPiece(name, body.length % 50);
  withPiece(response, fileId, (piece) => sendJson(response, { files: [buildFile(fileId, piece, 'midi')] }, 201));
}

/** Stores a recording and starts its transcription. */
function addRecording(name: string): PieceFile | null {
  const fileId = addPiece(name, 11);
  const job = startJob('transcribe', { file_ids: [fileId] }, [fileId], TRANSCRIPTION_STAGES);
  recordings.set(fileId, { job, transcriptionId: addPiece(name.replace(/\.[^.]*$/, ''), 11) });
  return findFile(fileId);
}

function findFile(fileId: string): PieceFile | null {
  const piece = pieces.get(fileId);
  const recording = recordings.get(fileId);
  if (piece === undefined) return null;
  const file = buildFile(fileId, piece, recording ? 'audio' : 'midi');
  if (recording === undefined) return file;
  const recordingFile = { ...file, job: recording.job.job_id, transcription: null };
  if (recording.job.state !== 'succeeded') return { ...recordingFile, summary: null, notices: [] };
  const confidences = { confidence: 0.72, tempo_confidence: 0.9, meter_confidence: 0.55, start_s: 0.2, seconds: 31.5 };
  return { ...recordingFile, transcription: { file_id: recording.transcriptionId, ...confidences } };
}

/** Sections of eight bars, ABAC. */
function buildSections(piece: FakePiece): readonly Section[] {
  const bar_s = 240 / piece.tempo_bpm;
  return Array.from({ length: Math.ceil(piece.bars / 8) }, (_, index) => {
    const bars = Math.min(8, piece.bars - 8 * index);
    const start_s = 8 * index * bar_s;
    const label = 'ABAC'[index % 4] ?? 'A';
    return { label, first_bar: 8 * index, bars, start_s, end_s: start_s + bars * bar_s };
  });
}

function handleGenerate(response: ServerResponse, method: Job['method'], request: Record<string, unknown>): void {
  const ids = (request['file_ids'] ?? []) as string[];
  const parents = method === 'hybrid' ? [addPiece('Pop piece', 3), addPiece('Jazz piece', 4)] : ids;
  sendJson(response, startJob(method, request, parents, STAGES), 202);
}

function startJob(
  method: Job['method'],
  request: Record<string, unknown>,
  parents: readonly string[],
  stages: readonly string[],
): FakeJob {
  const job: FakeJob = {
    job_id: `j${nextId++}`,
    method,
    state: 'queued',
    progress: 0,
    stage: 'queued',
    request: { seed: 4711, ...request },
    created_at: new Date().toISOString(),
    results: [],
    parents: parents.map((file_id) => ({ file_id, title: pieces.get(file_id)?.title ?? '' })),
    error: null,
  };
  jobs.set(job.job_id, job);
  const timer = setInterval(() => {
    if (job.state === 'cancelled') clearInterval(timer);
    else advanceJob(job, stages, () => clearInterval(timer));
  }, 300);
  return job;
}

function advanceJob(job: FakeJob, stages: readonly string[], done: () => void): void {
  job.state = 'running';
  job.progress = Math.min(1, job.progress + 0.08);
  job.stage = stages[Math.min(stages.length - 1, Math.floor(job.progress * stages.length))] ?? '';
  if (job.progress < 1) return;
  done();
  const count = Number(job.request['count'] ?? 1);
  job.results = Array.from({ length: count }, (_, index): JobOutput => {
    const weight = job.method === 'steps' ? index / (count - 1) : null;
    const title =
      job.method === 'gan'
        ? `Pop piece${count > 1 ? ` (${index + 1})` : ''}`
        : `Blend of ${job.parents.map((parent) => parent.title).join(' and ')}`;
    const file_id = addPiece(title, 30 + index, 32);
    const piece = pieces.get(file_id);
    return { file_id, title, weight, ...(job.method === 'vae' && piece ? { sections: buildSections(piece) } : {}) };
  });
  job.state = 'succeeded';
}

function handleJob(request: IncomingMessage, response: ServerResponse, jobId: string): void {
  const job = jobs.get(jobId);
  if (job === undefined) sendJson(response, { title: 'Not found', status: 404, detail: 'No job has this id.' }, 404);
  else if (request.method === 'DELETE') sendJson(response, Object.assign(job, { state: 'cancelled' } as const), 202);
  else sendJson(response, job);
}

function streamJob(response: ServerResponse, jobId: string): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  let id = 0;
  const timer = setInterval(() => {
    const job = jobs.get(jobId);
    if (job) response.write(`id: ${++id}\nevent: progress\ndata: ${JSON.stringify(job)}\n\n`);
    if (job && !['queued', 'running'].includes(job.state)) {
      clearInterval(timer);
      response.end();
    }
  }, 250);
}

function sendAudio(request: IncomingMessage, response: ServerResponse, piece: FakePiece): void {
  const bytes = renderWav(piece);
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
  const first = Number(from ?? 0);
  const last = to ? Number(to) : bytes.length - 1;
  response.writeHead(from === undefined ? 200 : 206, {
    'Content-Type': 'audio/wav',
    'Accept-Ranges': 'bytes',
    'Content-Length': last - first + 1,
    ...(from === undefined ? {} : { 'Content-Range': `bytes ${first}-${last}/${bytes.length}` }),
  });
  response.end(bytes.subarray(first, last + 1));
}
