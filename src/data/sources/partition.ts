import { usageError } from '../../errors.ts';
import { counted } from '../../shown.ts';
import type { Dataset } from '../dataset.ts';
import { dataHash } from '../dataset-hash.ts';
import { pick } from './split.ts';

interface Pair {
  readonly train: Dataset;
  readonly test?: Dataset;
}

interface Parts {
  readonly validationSplit?: number;
  readonly overfit?: number;
}

/**
 * The parts of a data set that are trained and evaluated on: with `validationSplit` the last examples of the training set
 * are evaluated on, as in Keras; with `overfit` the first ones are both.
 * @throws GradpoolError of kind 'usage' where a part would have no example, or has fewer than are asked for
 */
export function partition<Data extends Pair>(data: Data, { validationSplit, overfit }: Parts): Data {
  const { train } = data;
  if (overfit !== undefined) {
    if (overfit > train.count)
      throw usageError(
        `Expected \`overfit\` to be at most the training set's ${counted(train.count, 'example')}, got ${overfit}`,
      );
    const few = pick(train, range(0, overfit));
    return { ...data, train: few, test: few };
  }
  if (validationSplit === undefined) return data;
  const trained = Math.floor(train.count * (1 - validationSplit));
  if (trained === 0)
    throw usageError(
      `Expected \`validationSplit\` to leave examples to train on, got ${validationSplit} of ${train.count}`,
    );
  return { ...data, train: pick(train, range(0, trained)), test: pick(train, range(trained, train.count)) };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** For a run's record: what the whole data set is, where parts of it are trained and evaluated on. */
export const wholeHashes = (
  { train, test }: Pair,
  { validationSplit, overfit }: Parts,
): { readonly trainSha256?: string; readonly testSha256?: string } =>
  validationSplit === undefined && overfit === undefined
    ? {}
    : { trainSha256: dataHash(train), ...(test === undefined ? {} : { testSha256: dataHash(test) }) };
