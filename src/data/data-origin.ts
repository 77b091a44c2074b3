import type { DataOptions } from './data-options.ts';
import type { Dataset } from './dataset.ts';
import type { TableColumns } from './table-columns.ts';

/** Where a data set was read from, and how. */
export interface DataOrigin {
  /** An absolute path, or `MNIST`. */
  readonly data: string;
  /** Absent where nothing was said. */
  readonly dataOptions?: DataOptions;
  /** Of a table. */
  readonly columns?: TableColumns;
  /** Where they were read as they were trained on. */
  readonly isStreamed?: true;
}

/** Beside the data sets, not in them: it is no part of what they are. */
const origins = new WeakMap<Dataset, DataOrigin>();

/** What is known of where data were read. */
export interface ReadFrom {
  readonly data: string;
  readonly options?: DataOptions;
  readonly columns?: TableColumns | undefined;
  readonly isStreamed?: true;
}

/** Notes where a data set's parts were read from, so that a run trained on them knows. */
export function noteOrigin<T extends { readonly train: Dataset; readonly test: Dataset }>(
  pair: T,
  { data, options = {}, columns, isStreamed }: ReadFrom,
): T {
  const origin = {
    data,
    ...(Object.keys(options).length > 0 ? { dataOptions: options } : {}),
    ...(columns === undefined ? {} : { columns }),
    ...(isStreamed === undefined ? {} : { isStreamed }),
  };
  for (const part of [pair.train, pair.test]) origins.set(part, origin);
  return pair;
}

/** @returns nothing for a program's own arrays, and parts that do not belong together */
export function originOf(train: Dataset, test: Dataset = train): Partial<DataOrigin> {
  const origin = origins.get(train);
  return origins.get(test) === origin ? (origin ?? {}) : {};
}
