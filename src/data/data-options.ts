import {
  type Check,
  type Checks,
  shape as checkedShape,
  checkOptions,
  integer,
  unexpected,
} from '../check.ts';
import { usageError } from '../errors.ts';
import type { Shape } from '../shape.ts';
import { asCode } from '../shown.ts';

/** How data of one's own are read, where they do not say it themselves. */
export interface DataOptions {
  /** The column of a table that has the labels: its name or, without a header, its number from 0. */
  readonly label?: string;
  /** The shape of one example: images are resized and converted to it, arrays and rows of a table take it. */
  readonly shape?: Shape;
  /** Of data without a test part: the share of each class that becomes one. Default 0.2. */
  readonly testSplit?: number;
  /** Which examples these are. Default 1. */
  readonly splitSeed?: number;
}

/** More of it would be a table of shapes, not of examples. */
const mostDimensions = 4;

const exampleShape: Check = (value, name) => {
  const shape = checkedShape(value, name);
  if (shape.length > mostDimensions) throw unexpected(name, `at most ${mostDimensions} whole numbers`, value);
};

const share: Check = (value, name) => {
  if (typeof value === 'number' && value > 0 && value < 1) return;
  throw usageError(`Expected \`${name}\` to be a share between 0 and 1, got ${asCode(value)}`);
};

/** What each of them may be. */
export const dataOptionChecks: Checks = {
  label: (value, name) => {
    if (typeof value !== 'string' || value === '') throw unexpected(name, "a column's name", value);
  },
  shape: exampleShape,
  testSplit: share,
  splitSeed: (value, name) => integer(name, value, 0),
};

/** @throws GradpoolError of kind 'usage' */
export const checkDataOptions = (options: unknown): void => checkOptions(options, dataOptionChecks);

/** Whether a record holds them: of another program, or changed by hand, it may hold anything. */
export function areDataOptions(value: unknown): value is DataOptions {
  try {
    checkDataOptions(value);
    return value !== undefined;
  } catch {
    return false;
  }
}

/** The names of all of them. */
export const dataOptionNames = Object.keys(dataOptionChecks) as readonly (keyof DataOptions)[];
