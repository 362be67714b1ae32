import { describe, expect, it } from 'vitest';
import { notifyTabs, onTabMessage, type TabMessage } from '../../src/state/tabs';

/** Another tab: the messages that it gets, and a way to send. */
function openTab() {
  const channel = new BroadcastChannel('segue');
  const messages: TabMessage[] = [];
  const next = () =>
    new Promise<TabMessage>((resolve) => {
      channel.onmessage = (event: MessageEvent<TabMessage>) => {
        messages.push(event.data);
        resolve(event.data);
      };
    });
  return { channel, messages, next };
}

describe('tabs', () => {
  it('send messages to other tabs', async () => {
    const other = openTab();
    const message = other.next();
    notifyTabs({ type: 'playing', fileId: 'f1' });
    expect(await message).toEqual({ type: 'playing', fileId: 'f1' });
    other.channel.close();
  });

  it('call back with the messages of one type, until they unsubscribe', async () => {
    const other = openTab();
    const playing: string[] = [];
    const unsubscribe = onTabMessage('playing', (message) => playing.push(message.fileId));
    const reload = new Promise<void>((resolve) => onTabMessage('library-changed', () => resolve()));
    other.channel.postMessage({ type: 'playing', fileId: 'f1' });
    other.channel.postMessage({ type: 'library-changed' });
    await reload;
    expect(playing).toEqual(['f1']);

    unsubscribe();
    const again = new Promise<void>((resolve) => onTabMessage('library-changed', () => resolve()));
    other.channel.postMessage({ type: 'playing', fileId: 'f2' });
    other.channel.postMessage({ type: 'library-changed' });
    await again;
    expect(playing).toEqual(['f1']);
    other.channel.close();
  });
});
