/** A contiguous range of a batch: the unit of work and of recovery. */
export interface Shard {
  /** Position of the first example in the batch. */
  readonly first: number;
  readonly count: number;
}

/** Examples of one evaluation task. Fixed, so that the sums do not depend on the workers. */
export const evaluationExamples = 50;

/**
 * Cuts a batch of `examples` into `shards` contiguous ranges whose sizes differ by one at most.
 * The borders depend on these two numbers alone, never on the workers; a shard may be empty.
 */
export function cutIntoShards(examples: number, shards: number): Shard[] {
  const border = (shard: number) => Math.floor((shard * examples) / shards);
  return Array.from({ length: shards }, (_, shard) => ({
    first: border(shard),
    count: border(shard + 1) - border(shard),
  }));
}
