/**
 * Messages between the tabs of one browser.
 *
 * A tab does not get its own messages. A browser without `BroadcastChannel` has tabs that know nothing of each other.
 */
export type TabMessage =
  | { readonly type: 'library-changed' }
  | { readonly type: 'account-changed' }
  | { readonly type: 'playing'; readonly fileId: string };
export type TabMessageType = TabMessage['type'];

const CHANNEL_NAME = 'segue';

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL_NAME);

/** Sends a message to all other tabs. */
export function notifyTabs(message: TabMessage): void {
  channel?.postMessage(message);
}

/** Calls back with each message of a type from another tab; returns the function that unsubscribes. */
export function onTabMessage<Type extends TabMessageType>(
  type: Type,
  callback: (message: Extract<TabMessage, { readonly type: Type }>) => void,
): () => void {
  const listener = (event: MessageEvent<TabMessage>) => {
    if (event.data.type === type) callback(event.data as Extract<TabMessage, { readonly type: Type }>);
  };
  channel?.addEventListener('message', listener);
  return () => channel?.removeEventListener('message', listener);
}
