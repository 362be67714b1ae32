/** The current piece beside its parents: A, the blend and B, which play from the same bar in turn. */
import { loadDetails, loadedDetails } from './piece-details';
import { player, type PlayerPiece } from '../player';

const SLOW_ROUND_TRIP_MS = 300;

export const SIDES = ['a', 'blend', 'b'] as const;
export type Side = (typeof SIDES)[number];

/** Dispatches `change` when another blend is current. */
export class Comparison extends EventTarget {
  private blend: PlayerPiece | null = null;
  private requested = '';

  constructor() {
    super();
    player.addEventListener('change', () => this.follow());
  }

  /** The piece of a side; null where the current piece is no blend, or a parent is gone. */
  piece(side: Side): PlayerPiece | null {
    if (this.blend === null) return null;
    if (side === 'blend') return this.blend;
    const parent = loadedDetails(this.blend.fileId)?.parents[side === 'a' ? 0 : 1];
    return parent === undefined || parent.fileId === '' ? null : parent;
  }

  /** The side that is current; null for none of them. */
  get current(): Side | null {
    return SIDES.find((side) => player.isCurrent(this.piece(side)?.fileId ?? '-')) ?? null;
  }

  get isAvailable(): boolean {
    return this.piece('a') !== null && this.piece('b') !== null;
  }

  /** Plays a side from the same bar, at the next beat. */
  choose(side: Side): void {
    const piece = this.piece(side);
    if (piece !== null) void player.switchTo(piece).catch(() => void player.play(piece));
  }

  private follow(): void {
    const { piece } = player;
    if (piece === null || SIDES.some((side) => this.piece(side)?.fileId === piece.fileId)) {
      this.loadNeighbors();
      return;
    }
    // The first sound comes first.
    if (this.requested === piece.fileId || player.isWaiting) return;
    this.requested = piece.fileId;
    this.blend = null;
    void loadDetails(piece.fileId).then(
      (details) => {
        if (!player.isCurrent(details.fileId)) return;
        this.blend = details.parents.length >= 2 ? piece : null;
        this.dispatchEvent(new Event('change'));
        this.loadNeighbors();
      },
      () => (this.requested = ''),
    );
  }

  /** Once the current piece has arrived, loads what it is compared with, unless data are dear. */
  private loadNeighbors(): void {
    if (!this.isAvailable || !player.hasArrived || savesData()) return;
    for (const side of SIDES) {
      const piece = this.piece(side);
      if (piece === null || player.isCurrent(piece.fileId)) continue;
      player.preload(piece.fileId);
      void loadDetails(piece.fileId).catch(() => undefined); // it is loaded again when it is chosen
    }
  }
}

/** Whether the network is slow, or the reader wants to save data. */
export function savesData(): boolean {
  const { connection } = navigator as { connection?: { readonly saveData?: boolean; readonly rtt?: number } };
  // Browsers measure the time of a round trip well; the rate of sound is that of its rendering.
  return connection?.saveData === true || (connection?.rtt ?? 0) >= SLOW_ROUND_TRIP_MS;
}

export const comparison = new Comparison();
