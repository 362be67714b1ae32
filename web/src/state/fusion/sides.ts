/** The places of the pieces of a blend: two, and up to six more. */
export const SIDES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
export type Side = (typeof SIDES)[number];

export const MIN_PIECES = 2;
export const MAX_PIECES = SIDES.length;

/** Returns the letter under which a piece appears on the page, e.g. "A". */
export function sideLetter(side: Side): string {
  return side.toUpperCase();
}

/** Returns equal shares, which sum to 1. */
export function equalShares(count: number): readonly number[] {
  return Array.from({ length: count }, () => 1 / count);
}

/** Returns shares of which one is set; the others keep their proportions, so that all sum to 1. */
export function withShare(shares: readonly number[], index: number, share: number): readonly number[] {
  const rest = shares.reduce((sum, each, other) => (other === index ? sum : sum + each), 0);
  const scale = rest > 0 ? (1 - share) / rest : 0;
  const even = shares.length > 1 ? (1 - share) / (shares.length - 1) : 0;
  return shares.map((each, other) => (other === index ? share : rest > 0 ? each * scale : even));
}

/** Returns shares for another number of pieces: those of the pieces that stay keep their proportions. */
export function resizeShares(shares: readonly number[], count: number): readonly number[] {
  const isGrown = count > shares.length;
  const staying = shares.slice(0, count);
  const added = isGrown ? Array.from({ length: count - shares.length }, () => 1 / count) : [];
  const sum = staying.reduce((total, each) => total + each, 0);
  const left = 1 - added.reduce((total, each) => total + each, 0);
  if (sum <= 0) return equalShares(count);
  return [...staying.map((each) => (each / sum) * left), ...added];
}

/** Returns shares without that of one piece. */
export function withoutShare(shares: readonly number[], index: number): readonly number[] {
  const others = shares.filter((_, other) => other !== index);
  return resizeShares(others, others.length);
}
