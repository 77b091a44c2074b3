/** The same scenario by `model.fit` and by `fit`: a behaviour of the one is one of the other. */
import '../../src/model/tfjs/cpu-backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, ModelFitArgs } from '@tensorflow/tfjs-layers';
import { expect } from 'vitest';
import { fit as gradpoolFit } from '../../src/index.ts';

type Data = Parameters<LayersModel['fit']>[0];

/** Trains without shuffling. @returns what is to be the same both ways */
export type Train = (
  model: LayersModel,
  x: Data,
  y: Data,
  args?: ModelFitArgs,
) => Promise<{ history: Readonly<Record<string, readonly number[]>>; epoch: readonly number[] }>;

const quiet = { shuffle: false, verbose: 0 } as const;
const ways: readonly Train[] = [
  async (model, x, y, args) => outcome(await model.fit(x, y, { ...quiet, ...args })),
  async (model, x, y, args) => outcome(await gradpoolFit(model, x, y, { ...quiet, ...args, workers: 1 })),
];

const outcome = ({ history, epoch }: Awaited<ReturnType<typeof gradpoolFit>>) => ({
  ...{ history: history as Record<string, number[]>, epoch },
});

/**
 * Expects that a scenario comes to the same with `fit` as with `model.fit`, numbers to six digits: both are float32,
 * with sums of another order.
 * @param scenario begins with a new model each time
 * @returns what it comes to with `fit`
 */
export async function bothWays<T>(scenario: (train: Train) => Promise<T>): Promise<T> {
  await tf.setBackend('cpu');
  const [expected, actual] = [await scenario(ways[0]), await scenario(ways[1])];
  expect(actual).toEqual(near(expected));
  return actual;
}

function near(value: unknown): unknown {
  if (typeof value === 'number') return expect.closeTo(value, 5 - Math.log10(Math.max(1, Math.abs(value))));
  if (Array.isArray(value)) return value.map(near);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, near(one)]));
}

/** The values of a model's weights, by its layers. */
export const valuesOf = ({ layers }: LayersModel): number[][] =>
  layers.flatMap((layer) => layer.getWeights().map((weight) => [...weight.dataSync()]));
