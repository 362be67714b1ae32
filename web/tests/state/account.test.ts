import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountStore } from '../../src/state/account';

interface Call {
  readonly method: string;
  readonly path: string;
}

let calls: Call[];
let accountId: string | null;
let status: number;

function me() {
  const account = accountId === null ? null : { account_id: accountId, kind: 'anonymous' };
  return { account, session_id: null, usage: {}, limits: {}, sign_in: {} };
}

beforeEach(() => {
  calls = [];
  accountId = null;
  status = 200;
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.stubGlobal('navigator', { onLine: true });
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    calls.push({ method: init.method ?? 'GET', path });
    if (status >= 400) return Promise.resolve(Response.json({ reason: 'OVERLOADED' }, { status }));
    if (path === '/accounts') accountId ??= 'one';
    return Promise.resolve(Response.json(me()));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the account', () => {
  it('is made before the first write, once for writes at the same time', async () => {
    const store = new AccountStore();
    await Promise.all([store.ensureAccount(), store.ensureAccount()]);
    await store.ensureAccount();
    expect(calls).toEqual([{ method: 'POST', path: '/accounts' }]);
    expect(store.me?.account?.account_id).toBe('one');
  });

  it('is not made again where it is known', async () => {
    accountId = 'two';
    const store = new AccountStore();
    await store.load();
    await store.ensureAccount();
    expect(calls).toEqual([{ method: 'GET', path: '/me' }]);
  });

  it('is checked again after a minute: another device may have ended the session', async () => {
    const store = new AccountStore();
    await store.ensureAccount();
    vi.advanceTimersByTime(59_000);
    await store.ensureAccount();
    expect(calls).toHaveLength(1);
    accountId = 'three';
    vi.advanceTimersByTime(2000);
    const changed = vi.fn();
    store.addEventListener('change', changed);
    await store.ensureAccount();
    expect(store.me?.account?.account_id).toBe('three');
    expect(changed).toHaveBeenCalledOnce();
  });

  it('keeps a write from being made where it cannot be made, and is tried again', async () => {
    const store = new AccountStore();
    status = 429;
    await expect(store.ensureAccount()).rejects.toMatchObject({ problem: { reason: 'OVERLOADED' } });
    status = 200;
    await store.ensureAccount();
    expect(store.me?.account?.account_id).toBe('one');
  });

  it('is read again after a log-in, and other tabs are told', async () => {
    const messages: unknown[] = [];
    const channel = new BroadcastChannel('segue');
    const received = new Promise<void>((resolve) => {
      channel.onmessage = (event: MessageEvent) => {
        messages.push(event.data);
        resolve();
      };
    });
    const store = new AccountStore();
    await store.run(() => {
      accountId = 'four';
      return Promise.resolve();
    });
    await received;
    channel.close();
    expect(store.me?.account?.account_id).toBe('four');
    expect(messages[0]).toEqual({ type: 'account-changed' });
  });

  it('shows why it could not be read', async () => {
    const store = new AccountStore();
    status = 503;
    await store.load();
    expect(store.problem?.status).toBe(503);
    expect(store.me).toBeNull();
  });
});
