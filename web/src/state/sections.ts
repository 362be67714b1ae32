/** The sections of pieces: asked for when somebody looks, once for each piece as its roles stand. */
import { getSections } from '../api/client';
import type { PieceFile, Section } from '../api/contract';

/** Dispatches `change` when sections come. */
export class Sections extends EventTarget {
  private readonly cache = new WeakMap<PieceFile, readonly Section[] | null>();

  /** The sections of a piece; null while they are not known, as of a recording that is not written down. */
  get(file: PieceFile | null): readonly Section[] | null {
    if (file?.summary == null) return null;
    const found = this.cache.get(file);
    if (found === undefined) void this.load(file);
    return found ?? null;
  }

  private async load(file: PieceFile): Promise<void> {
    this.cache.set(file, null);
    try {
      this.cache.set(file, await getSections(file.file_id));
      this.dispatchEvent(new Event('change'));
    } catch {
      // Without its sections a piece can be blended all the same; whoever adds it again asks again.
    }
  }
}

/** The labels of sections, each once and in order; null where the sections are not known. */
export function sectionLabels(found: readonly Section[] | null): readonly string[] | null {
  return found && [...new Set(found.map((section) => section.label))];
}

export const sections = new Sections();
