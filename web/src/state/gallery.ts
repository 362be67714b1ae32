/** The gallery, fetched once and shared by the pages that show it. */
import { getGallery, getStyles } from '../api/client';
import type { GalleryItem, Problem, Style } from '../api/contract';
import { toProblem } from '../api/problem';

/** Dispatches `change` when the items come, or the reason why they do not. */
export class Gallery extends EventTarget {
  items: readonly GalleryItem[] | null = null;
  styles: readonly Style[] = [];
  problem: Problem | null = null;

  async load(): Promise<void> {
    if (this.items !== null) return;
    try {
      // Without the styles' names the ids will do: the pieces can be heard all the same.
      [this.items, this.styles] = await Promise.all([getGallery(), getStyles().catch(() => [])]);
      this.problem = null;
    } catch (error) {
      this.problem = toProblem(error);
    }
    this.dispatchEvent(new Event('change'));
  }

  styleName(id: string): string {
    return this.styles.find((style) => style.id === id)?.name ?? id;
  }

  /** The item that is this file; parents are often items of their own. */
  findItem(fileId: string): GalleryItem | undefined {
    return this.items?.find((item) => item.file_id === fileId);
  }
}

export const gallery = new Gallery();
