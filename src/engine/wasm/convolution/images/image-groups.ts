import type { DeferredRequest } from '../../../engine.ts';
import type { ProgramSizes } from '../../operation/operation.ts';

/** Images of a batch. */
export interface ImageRange {
  readonly first: number;
  readonly count: number;
}

/** Images of a full batch's group, at least. */
const groupImages = 64;

/**
 * How many neighbouring shards, a power of two, are a group: their images' sum is one sum, and those of the groups are
 * added by the tree, as those of the shards would be.
 */
export const groupShards = ({ batchSize, shards }: ProgramSizes): number =>
  2 ** Math.max(0, Math.ceil(Math.log2(groupImages / Math.ceil(batchSize / shards))));

/** The images of each group of shards: those of shards that have some are neighbours. */
export const groupsOf = ({ shards }: Pick<DeferredRequest, 'shards'>, size: number): ImageRange[] =>
  Array.from({ length: Math.ceil(shards.length / size) }, (_, group) => {
    const filled = shards.slice(group * size, (group + 1) * size).filter(({ count }) => count > 0);
    return { first: filled.at(0)?.first ?? 0, count: filled.reduce((all, { count }) => all + count, 0) };
  });
