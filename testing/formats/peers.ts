/** The tools whose formats models are exported to, in a Python of the project's own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Where the project's own Python lies that has them, or why there is none (scripts/setup-formats.ts). */
type Python = { readonly path: string } | { readonly missing: string };

/** Why they are not there. */
export const missingPeers = (python: Python): string | undefined => {
  if (process.env.GRADPOOL_FORMATS === 'off') return 'GRADPOOL_FORMATS=off';
  return 'missing' in python ? `${python.missing}; npm run setup:formats` : undefined;
};

/** Runs a program of this folder. @returns what it printed, as JSON */
export async function runPeers<T>(python: Python, program: string, ...args: string[]): Promise<T> {
  if ('missing' in python) throw new Error(python.missing);
  const { stdout } = await promisify(execFile)(python.path, [join(import.meta.dirname, program), ...args], {
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

/** A tensor as JSON. */
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const plain = (tensor: Tensor): PlainTensor => ({
  shape: tensor.shape,
  values: [...tensor.dataSync()],
});

/** Infinite where there is another number of values. */
export const largestDifference = (one: readonly PlainTensor[], other: readonly PlainTensor[]): number =>
  Math.max(
    ...one.flatMap(({ values, shape }, index) =>
      shape.join() === other[index]?.shape.join()
        ? values.map((value, at) => Math.abs(value - other[index].values[at]))
        : [Number.POSITIVE_INFINITY],
    ),
  );
