/** A gateway that makes its answers up, for work on the pages without the services: `npm run dev`. Never shipped. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { fileOf, notesOf, peaksOf, wavOf, type FakePiece } from './fake-music.ts';

interface FakeJob {
  job_id: string;
  method: string;
  state: string;
  progress: number;
  stage: string;
  request: Record<string, unknown>;
  created_at: string;
  results: { file_id: string; title: string }[];
  parents: { file_id: string; title: string }[];
  error: unknown;
}

const STAGES = ['Finding the key', 'Moving to one key', 'Blending: aligning windows', 'Blending: decoding'];
const HEARING = ['decode', 'listen', 'beats', 'notes'].map((stage) => `Transcribing: ${stage}`);
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
const STYLE_NAMES = ['Pop', 'Game', 'Jazz', 'Folk dance'];

const pieces = new Map<string, FakePiece>();
const jobs = new Map<string, FakeJob>();
const recordings = new Map<string, { readonly job: FakeJob; readonly written: string }>();
let nextId = 1;

function keep(title: string, seed: number, bars = 16): string {
  const fileId = `f${String(nextId++).padStart(4, '0')}`;
  pieces.set(fileId, { title, seed, bars, tempo_bpm: 84 + ((seed * 13) % 70) });
  return fileId;
}

const styles = STYLE_NAMES.map((name) => ({
  id: name.toLowerCase().replace(' ', '-'),
  name,
  description: `${name} as the models learned it.`,
  meters: ['4/4', '3/4'],
  roles: ['lead', 'harmony', 'bass', 'drums'],
}));
const generated = TITLES.map((title, index) => ({
  file_id: keep(title, index),
  title,
  description: 'A walking bass under a tune that keeps turning back on itself.',
  method: 'gan',
  styles: [styles[index % 4]?.id ?? ''],
  parents: [] as string[],
  settings: { bars: 16, mood: { valence: 0.4, energy: -0.2 } },
  seed: 1000 + index,
}));
const blends = [0, 2, 4].map((index) => ({
  file_id: keep(`${TITLES[index] ?? ''} at ${TITLES[index + 1] ?? ''}`, index + 20, 24),
  title: ['Lantern Ferry', 'Copper Boats', 'Small Way Up'][index / 2] ?? '',
  description: 'The tune of the first over the chords of the second, meeting half way.',
  method: 'vae',
  styles: [styles[index % 4]?.id ?? '', styles[(index + 1) % 4]?.id ?? ''],
  parents: [generated[index]?.file_id ?? '', generated[index + 1]?.file_id ?? ''],
  settings: { weight: 0.5 },
  seed: 77 + index,
}));

export function fakeGateway(): Plugin {
  return {
    name: 'fake-gateway',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        void answer(request, response).then((wasAnswered) => {
          if (!wasAnswered) next();
        });
      });
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.headers.accept?.includes('text/html')) return false;
  const [, root = '', id = '', part = ''] = pathname.split('/');
  const body = ['POST', 'PATCH'].includes(request.method ?? '') ? await bodyOf(request) : Buffer.alloc(0);
  if (root === 'styles') json(response, { styles });
  else if (root === 'gallery') json(response, { items: [...blends, ...generated] });
  else if (root === 'upload') upload(response, body);
  else if (root === 'generate') start(response, id, JSON.parse(body.toString()) as Record<string, unknown>);
  else if (root === 'jobs' && part === 'events') stream(response, id);
  else if (root === 'jobs') job(request, response, id);
  else if (root === 'files' && part === 'notes') withPiece(response, id, (piece) => json(response, notesOf(piece)));
  else if (root === 'files' && part === 'peaks') withPiece(response, id, (piece) => json(response, peaksOf(piece)));
  else if (root === 'files' && part === 'sections')
    withPiece(response, id, (piece) => json(response, sectionsOf(piece)));
  else if (root === 'files') withPiece(response, id, () => json(response, fileOfAny(id)));
  else if (root === 'play' || root === 'download') withPiece(response, id, (piece) => sound(request, response, piece));
  else return false;
  return true;
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(JSON.stringify(value));
}

function withPiece(response: ServerResponse, fileId: string, use: (piece: FakePiece) => void): void {
  const piece = pieces.get(fileId);
  if (piece) use(piece);
  else
    json(
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

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function upload(response: ServerResponse, body: Buffer): void {
  const text = body.toString('latin1');
  const name = /filename="([^"]*)"/.exec(text)?.[1] ?? 'piece.mid';
  if (/RIFF....WAVE|fLaC|OggS|ID3/s.test(text)) {
    json(response, { files: [hear(name)] }, 201);
    return;
  }
  if (!text.includes('MThd')) {
    const errors = [
      { name, reason: 'MIDI_UNREADABLE', message: 'This is not a MIDI file: it does not begin with MThd.' },
    ];
    json(
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
  const fileId = keep(name, body.length % 50);
  withPiece(response, fileId, (piece) => json(response, { files: [fileOf(fileId, piece, 'midi')] }, 201));
}

/** Takes a recording, and a made-up while later has it written down. */
function hear(name: string) {
  const fileId = keep(name, 11);
  const job = begin('transcribe', { file_ids: [fileId] }, [fileId], HEARING);
  recordings.set(fileId, { job, written: keep(name.replace(/\.[^.]*$/, ''), 11) });
  return fileOfAny(fileId);
}

function fileOfAny(fileId: string) {
  const piece = pieces.get(fileId);
  const recording = recordings.get(fileId);
  if (piece === undefined) return null;
  const file = fileOf(fileId, piece, recording ? 'audio' : 'midi');
  if (recording === undefined) return file;
  const told = { ...file, job: recording.job.job_id, transcription: null };
  if (recording.job.state !== 'succeeded') return { ...told, summary: null, notices: [] };
  const sureness = { confidence: 0.72, tempo_confidence: 0.9, meter_confidence: 0.55, start_s: 0.2, seconds: 31.5 };
  return { ...told, transcription: { file_id: recording.written, ...sureness } };
}

/** Sections of eight bars, ABAC. */
function sectionsOf(piece: FakePiece) {
  const bar_s = 240 / piece.tempo_bpm;
  const sections = Array.from({ length: Math.ceil(piece.bars / 8) }, (_, place) => {
    const bars = Math.min(8, piece.bars - 8 * place);
    const start_s = 8 * place * bar_s;
    const label = 'ABAC'[place % 4] ?? 'A';
    return { label, first_bar: 8 * place, bars, start_s, end_s: start_s + bars * bar_s };
  });
  return { sections };
}

function start(response: ServerResponse, method: string, request: Record<string, unknown>): void {
  const ids = (request['file_ids'] ?? []) as string[];
  const parents = method === 'hybrid' ? [keep('Pop piece', 3), keep('Jazz piece', 4)] : ids;
  json(response, begin(method, request, parents, STAGES), 202);
}

function begin(
  method: string,
  request: Record<string, unknown>,
  parents: readonly string[],
  stages: readonly string[],
): FakeJob {
  const made: FakeJob = {
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
  jobs.set(made.job_id, made);
  const timer = setInterval(() => {
    if (made.state === 'cancelled') clearInterval(timer);
    else advance(made, stages, () => clearInterval(timer));
  }, 300);
  return made;
}

function advance(made: FakeJob, stages: readonly string[], done: () => void): void {
  made.state = 'running';
  made.progress = Math.min(1, made.progress + 0.08);
  made.stage = stages[Math.min(stages.length - 1, Math.floor(made.progress * stages.length))] ?? '';
  if (made.progress < 1) return;
  done();
  const count = Number(made.request['count'] ?? 1);
  made.results = Array.from({ length: count }, (_, index) => {
    const weight = made.method === 'steps' ? index / (count - 1) : null;
    const title =
      made.method === 'gan'
        ? `Pop piece${count > 1 ? ` (${index + 1})` : ''}`
        : `Blend of ${made.parents.map((parent) => parent.title).join(' and ')}`;
    return { file_id: keep(title, 30 + index, 32), title, weight };
  });
  made.state = 'succeeded';
}

function job(request: IncomingMessage, response: ServerResponse, jobId: string): void {
  const made = jobs.get(jobId);
  if (made === undefined) json(response, { title: 'Not found', status: 404, detail: 'No job has this id.' }, 404);
  else if (request.method === 'DELETE') json(response, Object.assign(made, { state: 'cancelled' }), 202);
  else json(response, made);
}

function stream(response: ServerResponse, jobId: string): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  let id = 0;
  const timer = setInterval(() => {
    const made = jobs.get(jobId);
    if (made) response.write(`id: ${++id}\nevent: progress\ndata: ${JSON.stringify(made)}\n\n`);
    if (made && !['queued', 'running'].includes(made.state)) {
      clearInterval(timer);
      response.end();
    }
  }, 250);
}

function sound(request: IncomingMessage, response: ServerResponse, piece: FakePiece): void {
  const bytes = wavOf(piece);
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
