/** Which examples of a data set are trained on. */
import { inRange, integer, positive } from '../check.ts';
import { usageError } from '../errors.ts';
import { kept, type Option } from './option.ts';

export interface PartitionOptions {
  /** The share of the training set, its last examples, that is evaluated on in place of the test set. Default: none. */
  readonly validationSplit?: number;
  /** Train and evaluate on so many examples, the first ones, to see that the model learns. Default: on all. */
  readonly overfit?: number;
}

/** In the order in which they are shown. */
export const partitionOptions = {
  validationSplit: {
    ...{ type: 'number', default: undefined, ...kept },
    help: 'share of the training set, its last examples, to evaluate on in place of the test set',
  },
  overfit: {
    ...{ type: 'integer', least: 1, default: undefined, ...kept },
    help: 'train and evaluate on the first examples only, so many, to see that the model learns',
  },
} as const satisfies Readonly<Record<keyof PartitionOptions, Option>>;

/** @throws GradpoolError of kind 'usage' where a value is out of its range, or both are given */
export function resolvePartition({ validationSplit, overfit }: PartitionOptions): PartitionOptions {
  const [share, examples] = [validationSplit ?? undefined, overfit ?? undefined];
  if (share !== undefined && examples !== undefined)
    throw usageError('Expected `overfit` to be given without `validationSplit`, got both');
  if (share !== undefined)
    return { validationSplit: inRange('validationSplit', positive('validationSplit', share), 0, 1) };
  return examples === undefined ? {} : { overfit: integer('overfit', examples, 1) };
}
