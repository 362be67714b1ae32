import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job, LibraryItem } from '../../src/api/types';

vi.stubGlobal(
  'Audio',
  class extends EventTarget {
    preload = '';
    pause(): void {}
    removeAttribute(): void {}
    load(): void {}
  },
);
vi.stubGlobal('window', new EventTarget());
vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));

const { Library } = await import('../../src/state/library');

let items: LibraryItem[] = [];
let jobs: Job[] = [];
let calls: string[] = [];
let failing = '';

function item(id: string): LibraryItem {
  const names = { file_id: id, name: `${id}.mid`, title: id, kind: 'midi', method: null, starred: false } as const;
  const facts = { created_at: '2026-01-01T00:00:00Z', expires_at: null, summary: null, parents: [], weight: null };
  return { ...names, ...facts, curve: null, job_id: null, batch_id: null, n_children: 0 };
}

/** A gateway with pages of two. */
function respond(path: string, init: RequestInit = {}): Response {
  const method = init.method ?? 'GET';
  calls.push(`${method} ${path}`);
  if (failing !== '' && path.startsWith(failing))
    return Response.json({ title: 'Refused', status: 409, detail: 'No.' }, { status: 409 });
  const url = new URL(path, 'http://segue');
  if (url.pathname === '/jobs') return Response.json({ items: jobs, cursor: null });
  if (url.pathname === '/library' && method === 'DELETE') return Response.json({ n_deleted: items.length });
  if (url.pathname !== '/library')
    return method === 'DELETE' ? new Response(null, { status: 204 }) : Response.json(item('x'));
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const cursor = from + 2 < items.length ? String(from + 2) : null;
  return Response.json({ items: items.slice(from, from + 2), cursor, total: items.length });
}

beforeEach(() => {
  items = ['a', 'b', 'c', 'd', 'e'].map(item);
  [jobs, calls, failing] = [[], [], ''];
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => Promise.resolve(respond(path, init)));
});

afterEach(() => vi.useRealTimers());

const ids = (library: InstanceType<typeof Library>) => library.items?.map((each) => each.file_id);

describe('Library', () => {
  it('loads page by page, and all shown pages again', async () => {
    const library = new Library();
    await library.refresh();
    expect([ids(library), library.total, library.hasMore]).toEqual([['a', 'b'], 5, true]);
    await library.loadMore();
    expect(ids(library)).toEqual(['a', 'b', 'c', 'd']);
    items = ['new', 'a', 'b', 'c', 'd', 'e'].map(item);
    await library.refresh();
    expect(ids(library)).toEqual(['new', 'a', 'b', 'c']);
  });

  it('asks for what is searched', async () => {
    const library = new Library();
    library.setView({ words: 'funk', kind: 'blends', onlyStarred: true });
    await vi.waitFor(() => expect(library.items).not.toBeNull());
    expect(calls).toContain('GET /library?q=funk&method=vae&starred=true');
  });

  it('takes a deleted piece off the list at once, and offers to restore it', async () => {
    const library = new Library();
    await library.refresh();
    const removed = library.remove(item('a'));
    expect(ids(library)).toEqual(['b']);
    items = items.slice(1);
    await removed;
    expect(library.undo?.title).toBe('a');
    await library.restore();
    expect([library.undo, calls.includes('POST /files/a/restore')]).toEqual([null, true]);
  });

  it('shows the piece again and why where it could not be deleted', async () => {
    const library = new Library();
    await library.refresh();
    failing = '/files/';
    await library.remove(item('a'));
    expect([ids(library), library.problem?.detail, library.undo]).toEqual([['a', 'b'], 'No.', null]);
  });

  it('keeps a name that was refused out of the list', async () => {
    const library = new Library();
    await library.refresh();
    failing = '/files/';
    expect((await library.rename(item('a'), 'x'))?.detail).toBe('No.');
    expect(library.items?.[0]?.title).toBe('a');
  });

  it('loads the results of a job that has ended', async () => {
    vi.useFakeTimers();
    const library = new Library();
    jobs = [{ job_id: 'j', state: 'running' } as Job];
    await library.refresh();
    expect(library.jobs).toHaveLength(1);
    jobs = [];
    items = [item('result'), ...items];
    await vi.advanceTimersByTimeAsync(2000);
    expect([library.jobs, ids(library)?.[0]]).toEqual([[], 'result']);
    library.disconnect();
  });
});
