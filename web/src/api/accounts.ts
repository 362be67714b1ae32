/**
 * The account: who the browser is for the gateway, and what it logs in with.
 *
 * These calls are made as whoever the browser is now: none of them makes an anonymous account first.
 */
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import { fetchJson, jsonBody } from './client';
import type { CreatedToken, Me, Scope, Session, Token } from './types';

export function getMe(): Promise<Me> {
  return fetchJson('/me');
}

/** Makes an anonymous account and its session, unless the browser has one already. */
export function createAnonymousAccount(): Promise<Me> {
  return fetchJson('/accounts', jsonBody('POST', {}));
}

/** Makes an account with a name and a password; the anonymous account of this browser becomes it. */
export function register(name: string, password: string): Promise<Me> {
  return fetchJson('/accounts', jsonBody('POST', { name, password }));
}

export function logIn(name: string, password: string): Promise<Me> {
  return fetchJson('/sessions', jsonBody('POST', { name, password }));
}

export function changePassword(change: { old: string | null; new: string; name: string | null }): Promise<Me> {
  return fetchJson('/me/password', jsonBody('PUT', change));
}

export async function getSessions(): Promise<readonly Session[]> {
  return (await fetchJson<{ sessions: Session[] }>('/sessions')).sessions;
}

export function endSession(sessionId: string): Promise<void> {
  return fetchJson(`/sessions/${encodeURIComponent(sessionId)}`, { method: 'DELETE' });
}

export function endAllSessions(): Promise<void> {
  return fetchJson('/sessions', { method: 'DELETE' });
}

export async function getTokens(): Promise<readonly Token[]> {
  return (await fetchJson<{ tokens: Token[] }>('/tokens')).tokens;
}

export function createToken(name: string, scopes: readonly Scope[], days: number | null): Promise<CreatedToken> {
  return fetchJson('/tokens', jsonBody('POST', { name, scopes, days }));
}

export function deleteToken(tokenId: string): Promise<void> {
  return fetchJson(`/tokens/${encodeURIComponent(tokenId)}`, { method: 'DELETE' });
}

/** Creates a passkey in the browser and adds it to the account. */
export async function addPasskey(): Promise<void> {
  const { startRegistration } = await import('@simplewebauthn/browser');
  const { options } = await fetchJson<{ options: PublicKeyCredentialCreationOptionsJSON }>('/passkeys/options', {
    method: 'POST',
  });
  const credential = await startRegistration({ optionsJSON: options });
  await fetchJson('/passkeys', jsonBody('POST', { credential }));
}

/** Logs in with a passkey of this site that the browser has. */
export async function logInWithPasskey(): Promise<Me> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const { options } = await fetchJson<{ options: PublicKeyCredentialRequestOptionsJSON }>('/sessions/passkey/options', {
    method: 'POST',
  });
  const credential = await startAuthentication({ optionsJSON: options });
  return fetchJson('/sessions/passkey', jsonBody('POST', { credential }));
}

export function deletePasskey(passkeyId: string): Promise<void> {
  return fetchJson(`/passkeys/${encodeURIComponent(passkeyId)}`, { method: 'DELETE' });
}

/** Erases the account with everything in it. */
export function eraseAccount(): Promise<void> {
  return fetchJson('/me', jsonBody('DELETE', { confirm: true }));
}

/** Where the browser goes to log in at a provider of OpenID Connect; it comes back to the account page. */
export function openIdUrl(name: string): string {
  return `/sessions/openid/${encodeURIComponent(name)}`;
}

export const EXPORT_URL = '/me/export';
