/** State of the gallery: fetched once and shared by the pages that show it. */
import { getGallery, getStyles } from '../api/client';
import { toProblem } from '../api/problem';
import type { GalleryItem, Problem, Style } from '../api/types';

/** Dispatches `change` once the items have loaded, or failed to load. */
export class Gallery extends EventTarget {
  items: readonly GalleryItem[] | null = null;
  styles: readonly Style[] = [];
  problem: Problem | null = null;

  async load(): Promise<void> {
    if (this.items !== null) return;
    try {
      // Without style names, their ids are shown: the pieces are playable all the same.
      [this.items, this.styles] = await Promise.all([getGallery(), getStyles().catch(() => [])]);
      this.problem = null;
    } catch (error) {
      this.problem = toProblem(error);
    }
    this.dispatchEvent(new Event('change'));
  }

  /** The blend to hear first: one whose parents are in the gallery too. */
  get exampleBlend(): GalleryItem | undefined {
    return this.items?.find(
      ({ parents }) => parents.length === 2 && parents.every((fileId) => this.findItem(fileId) !== undefined),
    );
  }

  styleName(id: string): string {
    return this.styles.find((style) => style.id === id)?.name ?? id;
  }

  /** Returns the item of a file; parents are often gallery items themselves. */
  findItem(fileId: string): GalleryItem | undefined {
    return this.items?.find((item) => item.file_id === fileId);
  }
}

export const gallery = new Gallery();
