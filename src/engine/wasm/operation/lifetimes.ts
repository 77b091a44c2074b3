/** What is needed at different times may lie in the same memory. */
export interface Lifetime {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

export interface Lasting extends Lifetime {
  readonly bytes: number;
}

/**
 * Puts each where nothing lies that is needed while it is: the largest first, as far down as it goes.
 * @returns the offset of each, and how many bytes they take together
 */
export function placeByLifetime(all: readonly Lasting[]): {
  readonly offsets: number[];
  readonly bytes: number;
} {
  const offsets = all.map(() => 0);
  const placed: number[] = [];
  const bySize = all.map((_, index) => index).sort((a, b) => all[b].bytes - all[a].bytes || a - b);
  let bytes = 0;
  for (const index of bySize) {
    const own = all[index];
    const others = placed
      .filter((other) => all[other].first <= own.last && own.first <= all[other].last)
      .sort((a, b) => offsets[a] - offsets[b]);
    let offset = 0;
    for (const other of others) {
      if (offset + own.bytes <= offsets[other]) break;
      offset = Math.max(offset, offsets[other] + all[other].bytes);
    }
    offsets[index] = offset;
    bytes = Math.max(bytes, offset + own.bytes);
    placed.push(index);
  }
  return { offsets, bytes };
}
