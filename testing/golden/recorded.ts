/**
 * The recorded bits, by arithmetic: what a training gives may change with the kernels' version alone. After raising
 * that, `GRADPOOL_RECORD_BITS=1 npm test -- test/golden` fills in what is missing; it never changes what is there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arithmetic } from '../../src/index.ts';
import type { Bits } from './trainings.ts';

type Recorded = Record<string, Record<string, Bits>>;

const file = join(import.meta.dirname, '..', '..', 'test', 'golden', 'bits.json');

const keyOf = ({ kernels, multiplyAdd }: Arithmetic): string => `${kernels}, ${multiplyAdd} multiply-add`;

const read = (): Recorded => JSON.parse(readFileSync(file, 'utf8'));

/**
 * What is recorded of a case under an arithmetic.
 * @param actual what to record, where recording is asked for and there is nothing
 * @throws where there is nothing
 */
export function recordedBits(arithmetic: Arithmetic, name: string, actual: Bits): Bits {
  const recorded = read();
  const key = keyOf(arithmetic);
  const found = recorded[key]?.[name];
  if (found !== undefined) return found;
  if (process.env.GRADPOOL_RECORD_BITS === undefined)
    throw new Error(
      `Expected recorded bits of "${name}" for ${key}, got none; where the version was raised on purpose, record them with GRADPOOL_RECORD_BITS=1 npm test -- test/golden`,
    );
  const more = { ...recorded, [key]: { ...recorded[key], [name]: actual } };
  writeFileSync(file, `${JSON.stringify(more, null, 2)}\n`);
  return actual;
}

/** Every case of which something is recorded, by arithmetic. */
export const recordedNames = (): Record<string, readonly string[]> =>
  Object.fromEntries(Object.entries(read()).map(([key, cases]) => [key, Object.keys(cases)]));
