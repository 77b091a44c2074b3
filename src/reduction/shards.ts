/** A contiguous range of a batch: the unit of work and of recovery. */
export interface Shard {
  /** Position of the first example in the batch. */
  readonly first: number;
  readonly count: number;
}

/** Examples whose sums an evaluation adds up on their own. Fixed, so that these do not depend on tasks and workers. */
export const evaluationExamples = 50;

/** How many examples each part of an evaluation's task has. */
export const evaluationParts = (count: number): number[] =>
  Array.from({ length: Math.ceil(count / evaluationExamples) }, (_, part) =>
    Math.min(evaluationExamples, count - part * evaluationExamples),
  );

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
