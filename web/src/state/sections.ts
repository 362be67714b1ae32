/** Cache of pieces' sections: fetched on first use, and again when a piece's roles change. */
import { getSections } from '../api/client';
import type { PieceFile, Section } from '../api/types';

/** Dispatches `change` when sections have loaded. */
export class Sections extends EventTarget {
  private readonly cache = new WeakMap<PieceFile, readonly Section[] | null>();

  /** Returns the sections of a piece; null until they have loaded, and for a recording without a transcription. */
  get(file: PieceFile | null): readonly Section[] | null {
    if (file?.summary == null) return null;
    const cached = this.cache.get(file);
    if (cached === undefined) void this.load(file);
    return cached ?? null;
  }

  private async load(file: PieceFile): Promise<void> {
    this.cache.set(file, null);
    try {
      this.cache.set(file, await getSections(file.file_id));
      this.dispatchEvent(new Event('change'));
    } catch {
      // A piece can be blended without its sections. Adding it again retries.
    }
  }
}

export const sections = new Sections();
