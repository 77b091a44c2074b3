import type { Dataset } from './dataset.ts';

/** Beside the data sets, not in them: it is no part of what they are. */
const origins = new WeakMap<Dataset, string>();

/** Notes where a data set's parts were read from, so that a run trained on them knows. */
export function noteOrigin<T extends { readonly train: Dataset; readonly test: Dataset }>(
  pair: T,
  origin: string,
): T {
  for (const part of [pair.train, pair.test]) origins.set(part, origin);
  return pair;
}

/** @returns an absolute path, or `MNIST`; undefined for a program's own arrays, and parts that do not belong together */
export function originOf(train: Dataset, test: Dataset = train): string | undefined {
  const origin = origins.get(train);
  return origins.get(test) === origin ? origin : undefined;
}
