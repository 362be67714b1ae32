/** Cache of the descriptions of pieces: fetched on first use, and again when something was changed. */
import { getFile, writes } from '../api/client';
import type { PieceFile } from '../api/types';
import { onTabMessage } from './tabs';

interface Entry {
  file: PieceFile | null;
  isStale: boolean;
  isLoading: boolean;
}

/** Dispatches `change` when a description has loaded. */
export class PieceFiles extends EventTarget {
  private readonly entries = new Map<string, Entry>();

  constructor() {
    super();
    writes.addEventListener('change', () => this.expire());
    onTabMessage('library-changed', () => this.expire());
  }

  /** Returns the description of a piece; null until it has loaded, and for a piece that is not there. */
  get(fileId: string): PieceFile | null {
    const entry = this.entries.get(fileId) ?? { file: null, isStale: true, isLoading: false };
    this.entries.set(fileId, entry);
    if (entry.isStale && !entry.isLoading) void this.load(fileId, entry);
    return entry.file;
  }

  private async load(fileId: string, entry: Entry): Promise<void> {
    entry.isLoading = true;
    entry.isStale = false;
    // For a piece that no longer exists, the player shows the problem.
    const file = await getFile(fileId).catch(() => null);
    entry.isLoading = false;
    if (file === null && entry.file === null) return;
    entry.file = file;
    this.dispatchEvent(new Event('change'));
  }

  /** What is shown is loaded again, since an element asks for it; the rest when it is shown. */
  private expire(): void {
    for (const entry of this.entries.values()) entry.isStale = true;
    this.dispatchEvent(new Event('change'));
  }
}

export const pieceFiles = new PieceFiles();
