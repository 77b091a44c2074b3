import { cutIntoShards } from './shards.ts';

/** Neighbouring shards of a batch, those of one rank. */
export interface Share {
  readonly first: number;
  readonly count: number;
}

/** Whether a rank's shards are a subtree of the sum over all of them, so that bits do not depend on the ranks. */
export const isSubtree = (ranks: number): boolean => Number.isInteger(Math.log2(ranks));

/**
 * Which shards each rank sums. With a power of two of ranks these are the nodes of one level of the pairwise tree, of
 * which the last ones may be smaller than the others, or empty; ranks then only add up the levels above, neighbours
 * first. With other numbers of ranks they are of nearly equal size, and make another sum.
 */
export function sharesOf(shards: number, ranks: number): Share[] {
  if (!isSubtree(ranks)) return cutIntoShards(shards, ranks);
  const leaves = Math.ceil(2 ** Math.ceil(Math.log2(shards)) / ranks);
  return Array.from({ length: ranks }, (_, rank) => {
    const first = Math.min(rank * leaves, shards);
    return { first, count: Math.min(leaves, shards - first) };
  });
}
