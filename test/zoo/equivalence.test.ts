/**
 * The models that people train, on wasm, from the same values as TensorFlow.js's own `model.fit` on tfjs-node: one whole
 * step, each weight's change, and the losses of 30 steps.
 *
 * Not on TensorFlow.js's JavaScript backend: its gradient of nearest up-sampling is wrong from the second example on
 * (tfjs-backend-cpu 4.22), and a ResNet takes it half a minute.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test, vi } from 'vitest';
import { fit as fitModel } from '../../src/index.ts';
import { loadTensorflow } from '../../src/runtime/tensorflow-package.ts';
import { relativeError } from '../../testing/engine/values.ts';
import { missing } from '../../testing/tensorflow.ts';
import { zoo } from '../../testing/zoo/models.ts';
import { compiled, dataFor, valuesOf, zooArgs } from '../../testing/zoo/training.ts';

vi.mock('../../src/api/client.ts', () => import('../../testing/fit/in-this-thread.ts'));

beforeAll(() => {
  if (missing === undefined) loadTensorflow();
});

const [steps, own] = [30, { ...zooArgs, shards: 1, workers: 1 }];

/**
 * Relative norm of the difference of a weight's change in the first step, at most, and of each step's loss. Both compute
 * in float32: seen are up to 5e-5 and 2e-6. ResNet-20 with 9 examples amplifies rounding in its 19 normalizations (losses:
 * 3e-4 and 2e-3), and among its 1.7 million inputs of a relu is one so near to 0 that the processor for which TensorFlow rounds
 * decides its side: seen are 4e-5 on one, and on another up to 0.1 of what lies in front of that relu. Running averages,
 * which know no gradient, are as near as elsewhere.
 */
const tolerances = (name: string, weight = '') =>
  name === 'ResNet-20'
    ? { change: weight.includes('moving_') ? 2e-4 : 0.2, loss: 1e-2 }
    : { change: 2e-4, loss: 5e-6 };

test.for(Object.entries(zoo))(
  '%s has the first step of model.fit, and the losses of 30.',
  async ([name, one], { skip }) => {
    skip(missing !== undefined, missing);
    const [ours, plain] = [compiled(one, 'none'), compiled(one, 'none')];
    const [x, y] = dataFor(ours, one);
    const began = valuesOf(ours);
    const changes = (model: LayersModel) =>
      valuesOf(model).map((values, index) => values.map((value, at) => value - began[index][at]));
    const [first, expectedFirst] = [
      // Batch normalisation takes the statistics of a shard.
      await fitModel(ours, x, y, { ...own, epochs: 1 }),
      await plain.fit(x, y, { ...zooArgs, epochs: 1 }),
    ];
    const [changed, expectedChanges] = [changes(ours), changes(plain)];
    for (const [index, { name: weight }] of plain.weights.entries())
      expect(relativeError(changed[index], expectedChanges[index]), weight).toBeLessThan(
        tolerances(name, weight).change,
      );
    const rest = { initialEpoch: 1, epochs: steps };
    const [then, expectedThen] = [
      await fitModel(ours, x, y, { ...own, ...rest }),
      await plain.fit(x, y, { ...zooArgs, ...rest }),
    ];
    const lossesOf = (...histories: { readonly history: object }[]) =>
      histories.flatMap(({ history }) => (history as { readonly loss: number[] }).loss);
    const expected = lossesOf(expectedFirst, expectedThen);
    expect(expected).toHaveLength(steps);
    expect(expected[steps - 1]).toBeLessThan(expected[0]);
    for (const [step, loss] of lossesOf(first, then).entries())
      expect(Math.abs(loss / expected[step] - 1), `step ${step + 1}`).toBeLessThan(tolerances(name).loss);
  },
);
