import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PieceFile, Section, Summary } from '../../src/api/types';
import { EMPTY_FORM } from '../../src/state/fusion/form';
import type { Player } from '../../src/state/player';

/** The parts of the browser's audio element that the player uses at first. */
class FakeAudio extends EventTarget {
  preload = '';
}

const SECTIONS: readonly Section[] = [{ label: 'A', first_bar: 0, bars: 8, start_s: 0, end_s: 16 }];
const NOTES = { duration_s: 8, tempo_bpm: 120, bars_s: [0, 2, 4, 6], tracks: [] };
const SUMMARY: Summary = {
  bars: 16,
  seconds: 32,
  tempo_bpm: 120,
  meter: '4/4',
  key: null,
  tracks: [],
  grid: 'file',
  grid_confidence: 1,
};
const A: PieceFile = {
  file_id: 'a',
  name: 'a.mid',
  title: 'a',
  kind: 'midi',
  owner: 'you',
  starred: false,
  job_id: null,
  summary: SUMMARY,
  notices: [],
  created_at: '2026-01-01T00:00:00Z',
  expires_at: null,
};
const B: PieceFile = { ...A, file_id: 'b' };
let calls: string[] = [];
let stepsFail = false;

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}

/** A gateway whose jobs finish at once. */
function respond(path: string, init: RequestInit = {}): Response {
  calls.push(`${init.method ?? 'GET'} ${path}`);
  if (path.endsWith('/sections')) return json({ sections: SECTIONS });
  // The number of bars tells the pieces apart.
  const step = /\/s(\d+)\/notes/.exec(path)?.[1];
  if (step !== undefined) return json({ ...NOTES, bars_s: Array.from({ length: 4 + Number(step) }, (_, bar) => bar) });
  if (path === '/generate/steps') return json({ job_id: 'j', state: 'queued', results: [], error: null });
  if (path === '/jobs/j/events') {
    const results = Array.from({ length: 11 }, (_, index) => ({
      file_id: `s${index}`,
      title: `S ${index}`,
      weight: index / 10,
    }));
    const error = stepsFail ? { type: 'x', title: 'Too long', status: 422 } : null;
    const job = { job_id: 'j', state: stepsFail ? 'failed' : 'succeeded', results: stepsFail ? [] : results, error };
    return new Response(`id: 1\nevent: end\ndata: ${JSON.stringify(job)}\n\n`);
  }
  return new Response('');
}

beforeEach(() => {
  calls = [];
  stepsFail = false;
  vi.useFakeTimers();
  vi.stubGlobal('Audio', FakeAudio);
  vi.stubGlobal('document', new EventTarget());
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => Promise.resolve(respond(path, init)));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function setUp() {
  vi.resetModules();
  const [{ Interpolation }, { player }] = await Promise.all([
    import('../../src/state/fusion/interpolation'),
    import('../../src/state/player'),
  ]);
  return { interpolation: new Interpolation(), player };
}

/** Lets a player play, and lists to which piece it is switched and whose bars are given with it. */
function followSwitches(player: Player): string[][] {
  const switched: string[][] = [];
  const owner = (bars: { readonly bars_s: readonly number[] }) => `s${bars.bars_s.length - 4}`;
  vi.spyOn(player, 'isPlaying', 'get').mockReturnValue(true);
  player.switchTo = ({ fileId }, timelines) => {
    switched.push([fileId, ...(timelines ?? []).map(owner)]);
    return Promise.resolve();
  };
  return switched;
}

describe('Interpolation', () => {
  it('loads all steps by one job and selects the one nearest to the weight', async () => {
    const { interpolation } = await setUp();
    await interpolation.load(A, B, { ...EMPTY_FORM, weight: 0.32 });
    expect(calls.filter((call) => call === 'POST /generate/steps')).toHaveLength(1);
    expect(interpolation.steps.map((step) => step.weight)).toHaveLength(11);
    expect([interpolation.isLoading, interpolation.step?.fileId]).toEqual([false, 's3']);
    expect(interpolation.matches(A, B, EMPTY_FORM)).toBe(true);
    expect(interpolation.matches(B, A, EMPTY_FORM)).toBe(false);
    expect(interpolation.matches(A, B, { ...EMPTY_FORM, key: 'C major' })).toBe(false);
    expect(interpolation.matches(A, B, { ...EMPTY_FORM, meterPolicy: 'convert' })).toBe(false);
  });

  it('lets the player switch to the selected step, at the matching time', async () => {
    const { interpolation, player } = await setUp();
    await interpolation.load(A, B, EMPTY_FORM);
    player.piece = { fileId: 's5', title: 'S 5' };
    const switched = followSwitches(player);
    interpolation.selectWeight(0.8);
    interpolation.selectWeight(0.7);
    expect(interpolation.step?.fileId).toBe('s7');
    expect(switched).toEqual([
      ['s8', 's5', 's8'],
      ['s7', 's5', 's7'],
    ]);
  });

  it('renders the nearest steps in advance, the selected one first', async () => {
    const { interpolation } = await setUp();
    await interpolation.load(A, B, EMPTY_FORM);
    await vi.advanceTimersByTimeAsync(10);
    const rendered = () =>
      calls.filter((call) => call.startsWith('GET /play/')).map((call) => /play\/s(\d+)/.exec(call)?.[1]);
    expect(rendered()).toEqual(['5', '4', '6', '3', '7']);
    interpolation.selectWeight(0.9);
    await vi.advanceTimersByTimeAsync(10);
    expect(rendered().slice(5)).toEqual(['9', '8', '10']);
  });

  it('does not interrupt a piece that is not one of its steps', async () => {
    const { interpolation, player } = await setUp();
    await interpolation.load(A, B, EMPTY_FORM);
    player.piece = { fileId: 'other', title: 'Other' };
    const switched = followSwitches(player);
    interpolation.selectWeight(1);
    expect(switched).toEqual([]);
  });

  it('reports a failed job, and clears the steps', async () => {
    const { interpolation } = await setUp();
    stepsFail = true;
    await interpolation.load(A, B, EMPTY_FORM);
    expect([interpolation.problem?.title, interpolation.steps.length, interpolation.isLoading]).toEqual([
      'Too long',
      0,
      false,
    ]);
    stepsFail = false;
    await interpolation.load(A, B, EMPTY_FORM);
    expect([interpolation.problem, interpolation.steps.length]).toEqual([null, 11]);
    interpolation.clear();
    expect([interpolation.step, interpolation.matches(A, B, EMPTY_FORM)]).toEqual([null, false]);
  });
});

describe('Sections', () => {
  it('fetches a piece once, and nothing for a recording without a transcription', async () => {
    const { Sections } = await import('../../src/state/sections');
    const sections = new Sections();
    const loaded = new Promise((resolve) => sections.addEventListener('change', resolve));
    expect(sections.get(A)).toBeNull();
    expect(sections.get({ ...A, summary: null })).toBeNull();
    expect(sections.get(null)).toBeNull();
    await loaded;
    expect(sections.get(A)).toEqual(SECTIONS);
    expect(calls).toEqual(['GET /files/a/sections']);
  });
});
