/** What ranks have left in the memory of a batch, each of its own examples, on its way to the others. */
import type { BatchRegion } from '../engine/engine.ts';
import { sharesOf } from '../reduction/ranks.ts';
import { cutIntoShards } from '../reduction/shards.ts';

/** Neighbouring examples of a batch, and the shards that they are in. */
export interface BatchPart {
  readonly first: number;
  readonly count: number;
  readonly firstShard: number;
  readonly shards: number;
}

/** Each rank's part of a batch of so many examples. */
export const partsOfRanks = (examples: number, shards: number, ranks: number): BatchPart[] =>
  sharesOf(shards, ranks).map((share) => {
    const own = cutIntoShards(examples, shards).slice(share.first, share.first + share.count);
    const count = own.reduce((sum, shard) => sum + shard.count, 0);
    return { first: own[0]?.first ?? 0, count, firstShard: share.first, shards: own.length };
  });

/** A copy of a part. @param bytes the memory of the batch, from its beginning */
export function takeRows(bytes: Uint8Array, regions: readonly BatchRegion[], part: BatchPart): Uint8Array {
  const runs = [...runsOf(regions, part)];
  const taken = new Uint8Array(runs.reduce((sum, [, length]) => sum + length, 0));
  let at = 0;
  for (const [start, length] of runs) {
    taken.set(bytes.subarray(start, start + length), at);
    at += length;
  }
  return taken;
}

/** Writes what `takeRows` has taken elsewhere. */
export function putRows(
  bytes: Uint8Array,
  regions: readonly BatchRegion[],
  part: BatchPart,
  taken: Uint8Array,
): void {
  let at = 0;
  for (const [start, length] of runsOf(regions, part)) {
    bytes.set(taken.subarray(at, at + length), start);
    at += length;
  }
}

/** Where a part lies, and how many bytes of it. */
function* runsOf(regions: readonly BatchRegion[], part: BatchPart): Generator<readonly [number, number]> {
  for (const { offset, runs, runBytes, of, bytes } of regions) {
    const [first, count] = of === 'example' ? [part.first, part.count] : [part.firstShard, part.shards];
    for (let run = 0; run < runs; run++) yield [offset + run * runBytes + first * bytes, count * bytes];
  }
}
