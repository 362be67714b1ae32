/** The sounds that are loaded or loading; the least recently used ones are dropped. */
import { playUrl } from '../../api/client';
import type { Role } from '../../api/types';
import { OpusSource } from './opus-source';
import { SAMPLE_RATE_HZ } from './ogg';
import type { SoundSource } from './sound-source';
import { WavSource } from './wav-source';

/** A piece, its four roles, and the same of what it is compared with. */
const MAX_SOURCES = 16;

/** Dispatches `change` when a source has made progress. */
export class SourcePool extends EventTarget {
  private readonly sources = new Map<string, SoundSource>();
  private decodesOpus = true;

  /** Returns the sound of a piece, or of some of its roles. */
  get(fileId: string, roles: readonly Role[] = []): SoundSource {
    const key = [fileId, ...roles].join();
    const source = this.sources.get(key) ?? this.create(fileId, roles);
    this.sources.delete(key); // the map keeps the order of use
    this.sources.set(key, source);
    for (const [oldest, unused] of this.sources) {
      if (this.sources.size <= MAX_SOURCES) break;
      unused.close();
      this.sources.delete(oldest);
    }
    return source;
  }

  /** Whether any sound waits for a connection that is lost. */
  get isReconnecting(): boolean {
    return [...this.sources.values()].some((source) => source instanceof OpusSource && source.isReconnecting);
  }

  /** From now on sounds are not compressed: the browser cannot decode what is. */
  avoidOpus(): void {
    this.decodesOpus = false;
    this.clear();
  }

  clear(): void {
    for (const source of this.sources.values()) source.close();
    this.sources.clear();
  }

  private create(fileId: string, roles: readonly Role[]): SoundSource {
    if (!this.decodesOpus) return new WavSource(`${playUrl(fileId, roles, 'wav')}&sample_rate=${SAMPLE_RATE_HZ}`);
    const source = new OpusSource(playUrl(fileId, roles, 'opus'));
    source.addEventListener('progress', () => this.dispatchEvent(new Event('change')));
    return source;
  }
}
