/** The parts that an update is cut into, and what is derived of the parameters of each. */
import type { Derivation } from '../engine/engine.ts';
import type { DeriveTask } from '../protocol/tasks.ts';
import { cutIntoShards } from '../reduction/shards.ts';

/** Neighbouring parameters that belong together. */
type Whole = Pick<Derivation, 'first' | 'floats'>;

/**
 * Parts are of nearly equal size, cut on cache line borders; what something is derived of, and a weight with a
 * constraint, go to one as a whole.
 */
export function partBorder(wholes: readonly Whole[], floats: number, index: number, parts: number): number {
  const border = Math.floor((index * floats) / 16 / parts) * 16;
  return wholes.find((one) => one.first < border && border < one.first + one.floats)?.first ?? border;
}

export const bordersOf = ({ first, floats }: Whole): number[] => [first, first + floats];

/** What belongs together, as it stands from the parameter `start` on. */
export const behind = (wholes: readonly Whole[], start: number): Whole[] =>
  wholes.map(({ first, floats }) => ({ first: first - start, floats }));

/** Derives what is derived of the parameters from `start` to `end`. */
export function deriveOf(
  derivations: readonly Derivation[],
  start: number,
  end: number,
  parameters: number,
): void {
  for (const { first, derive } of derivations) if (first >= start && first < end) derive(parameters);
}

/** A part of what is derived of some weights, or of all. */
export function derivePart(
  derivations: readonly Derivation[],
  { offset, weights, part, parts }: DeriveTask,
): void {
  const isIn = ({ first }: Derivation) =>
    weights?.some((weight) => first >= weight.first && first < weight.first + weight.floats) ?? true;
  const own = derivations.filter(isIn);
  const { first, count } = cutIntoShards(own.length, parts)[part];
  for (const { derive } of own.slice(first, first + count)) derive(offset);
}
