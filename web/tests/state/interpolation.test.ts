import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PieceFile, Section } from '../../src/api/contract';
import { EMPTY_FORM } from '../../src/state/fusion-request';

/** The browser's element, as far as the player uses it: it plays when asked, and stands where it was put. */
class FakeAudio extends EventTarget {
  src = '';
  preload = '';
  currentTime = 0;
  paused = true;
  ended = false;
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
}

const SECTIONS: readonly Section[] = [{ label: 'A', first_bar: 0, bars: 8, start_s: 0, end_s: 16 }];
const NOTES = { duration_s: 8, tempo_bpm: 120, bars_s: [0, 2, 4, 6], tracks: [] };
const SUMMARY = { bars: 16, seconds: 32, tempo_bpm: 120, meter: '4/4', key: null, tracks: [] };
const A: PieceFile = { file_id: 'a', name: 'a', kind: 'midi', summary: SUMMARY, notices: [] };
const B: PieceFile = { ...A, file_id: 'b' };
let asked: string[] = [];
let stepsFail = false;

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}

/** A gateway whose jobs are over at once. */
function answer(path: string, init: RequestInit = {}): Response {
  asked.push(`${init.method ?? 'GET'} ${path}`);
  if (path.endsWith('/sections')) return json({ sections: SECTIONS });
  if (path.endsWith('/notes')) return json(NOTES);
  if (path === '/generate/steps') return json({ job_id: 'j', state: 'queued', results: [], error: null });
  if (path === '/jobs/j/events') {
    const results = Array.from({ length: 11 }, (_, place) => ({
      file_id: `s${place}`,
      title: `S ${place}`,
      weight: place / 10,
    }));
    const error = stepsFail ? { type: 'x', title: 'Too long', status: 422 } : null;
    const job = { job_id: 'j', state: stepsFail ? 'failed' : 'succeeded', results: stepsFail ? [] : results, error };
    return new Response(`id: 1\nevent: end\ndata: ${JSON.stringify(job)}\n\n`);
  }
  return new Response('');
}

beforeEach(() => {
  asked = [];
  stepsFail = false;
  vi.useFakeTimers();
  vi.stubGlobal('Audio', FakeAudio);
  vi.stubGlobal('HTMLMediaElement', { HAVE_FUTURE_DATA: 3 });
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => Promise.resolve(answer(path, init)));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function fresh() {
  vi.resetModules();
  const [{ Interpolation }, { player }] = await Promise.all([
    import('../../src/state/interpolation'),
    import('../../src/state/player'),
  ]);
  return { slide: new Interpolation(), player };
}

describe('Slide', () => {
  it('makes all steps at once and takes the one nearest to the weight', async () => {
    const { slide } = await fresh();
    await slide.load(A, B, { ...EMPTY_FORM, weight: 0.32 });
    expect(asked.filter((call) => call === 'POST /generate/steps')).toHaveLength(1);
    expect(slide.steps.map((step) => step.weight)).toHaveLength(11);
    expect([slide.isLoading, slide.step?.fileId]).toEqual([false, 's3']);
    expect(slide.matches(A, B, EMPTY_FORM)).toBe(true);
    expect(slide.matches(B, A, EMPTY_FORM)).toBe(false);
    expect(slide.matches(A, B, { ...EMPTY_FORM, key: 'C major' })).toBe(false);
  });

  it('changes what is heard at the next beat, at the same moment of the piece', async () => {
    const { slide, player } = await fresh();
    await slide.load(A, B, EMPTY_FORM);
    await player.play({ fileId: 's5', title: 'S 5' });
    player.audio.currentTime = 3.1;
    slide.selectWeight(0.8);
    slide.selectWeight(0.7);
    expect(slide.step?.fileId).toBe('s7');
    await vi.advanceTimersByTimeAsync(390);
    expect(player.audio.src).toBe('/play/s5');
    await vi.advanceTimersByTimeAsync(20);
    expect([player.audio.src, player.audio.currentTime]).toEqual(['/play/s7', 3.5]);
  });

  it('has the sound of the nearest steps made, the chosen one first', async () => {
    const { slide } = await fresh();
    await slide.load(A, B, EMPTY_FORM);
    await vi.advanceTimersByTimeAsync(10);
    const warmed = () =>
      asked.filter((call) => call.startsWith('GET /play/')).map((call) => call.slice('GET /play/s'.length));
    expect(warmed()).toEqual(['5', '4', '6', '3', '7']);
    slide.selectWeight(0.9);
    await vi.advanceTimersByTimeAsync(10);
    expect(warmed().slice(5)).toEqual(['9', '8', '10']);
  });

  it('leaves alone what is not one of its steps', async () => {
    const { slide, player } = await fresh();
    await slide.load(A, B, EMPTY_FORM);
    await player.play({ fileId: 'other', title: 'Other' });
    slide.selectWeight(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(player.audio.src).toBe('/play/other');
  });

  it('says why there are no steps, and lets go of them when told', async () => {
    const { slide } = await fresh();
    stepsFail = true;
    await slide.load(A, B, EMPTY_FORM);
    expect([slide.problem?.title, slide.steps.length, slide.isLoading]).toEqual(['Too long', 0, false]);
    stepsFail = false;
    await slide.load(A, B, EMPTY_FORM);
    expect([slide.problem, slide.steps.length]).toEqual([null, 11]);
    slide.clear();
    expect([slide.step, slide.matches(A, B, EMPTY_FORM)]).toEqual([null, false]);
  });
});

describe('Sections', () => {
  it('asks once for a piece, and not for a recording that is not written down', async () => {
    const { Sections } = await import('../../src/state/sections');
    const sections = new Sections();
    const came = new Promise((resolve) => sections.addEventListener('change', resolve));
    expect(sections.get(A)).toBeNull();
    expect(sections.get({ ...A, summary: null })).toBeNull();
    expect(sections.get(null)).toBeNull();
    await came;
    expect(sections.get(A)).toEqual(SECTIONS);
    expect(asked).toEqual(['GET /files/a/sections']);
  });
});
