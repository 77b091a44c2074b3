import type { DataOptions } from '../data-options.ts';
import type { Dataset } from '../dataset.ts';
import type { InputArray } from '../input-type.ts';
import type { TableColumns } from '../table-columns.ts';

/** What lies at a path, as far as it tells the form of the data there. */
export interface Place {
  readonly path: string;
  /** Of a directory: what is in it, sorted; hidden files are none of the data. */
  readonly entries?: readonly Entry[];
  /** Of a file: its first bytes. */
  readonly start?: Uint8Array;
}

export interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** What was read; without `test`, a part of `train` becomes that. */
export interface ReadParts {
  readonly train: Dataset;
  readonly test?: Dataset;
  readonly notes?: readonly string[];
  /** Of a table. */
  readonly columns?: TableColumns;
}

/** Examples that are read when they are asked for. */
export interface ExampleSource {
  /** [count] class numbers. */
  readonly labels: ArrayLike<number>;
  /** @returns [examples, ...shape] */
  read(examples: readonly number[]): Promise<InputArray>;
  /**
   * What tells them from others, without reading files again: SHA-256 of the names and sizes of these, or of the examples
   * where they are in the memory.
   */
  identity(): Promise<string>;
}

/** Data of which only as much is in the memory as is read at a time. */
export interface OpenedData extends Pick<Dataset, 'shape' | 'inputType' | 'classes' | 'classNames'> {
  readonly train: ExampleSource;
  readonly test?: ExampleSource;
  readonly notes?: readonly string[];
}

/** A form that data may have. */
export interface DataForm {
  /** For messages: `a directory of images by class`. */
  readonly name: string;
  /** The options that say how it is read; the last two where it may have no test part. */
  readonly takes: readonly (keyof DataOptions)[];
  /** Whether the data at a place have it, told without reading them. */
  isAt(place: Place): boolean | Promise<boolean>;
  /** @throws GradpoolError that names the file, for everything that is wrong with it */
  read(place: Place, options: DataOptions): Promise<ReadParts>;
  /** The same for data that may be larger than the memory; absent where a form is read as a whole. */
  open?(place: Place, options: DataOptions): Promise<OpenedData>;
}
