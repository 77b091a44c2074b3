/** Constraints in `fit`, against TensorFlow.js's own; on tensorflow: any-model.test.ts. */
import '../../../src/model/tfjs/cpu-backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { fit, type TrainEvent } from '../../../src/index.ts';
import { relativeError } from '../../../testing/engine/values.ts';
import {
  compiled,
  constrainedCases,
  constrainedData,
  sizes,
  trainPlainly,
} from '../../../testing/fit/constrained-models.ts';
import { weightsOf } from '../../../testing/fit/models.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

test('what fit gave is what the model has, to the bit, and a notice says what model.fit would not do', async () => {
  const { epochs, batchSize } = sizes;
  const one = constrainedCases['dense layers'];
  const fitted = compiled(one);
  const notices: string[] = [];
  const onEvent = (event: TrainEvent) => event.kind === 'notice' && notices.push(event.text);
  const args = { batchSize, shuffle: false, workers: 1, shards: 1, onEvent } as const;
  await fit(fitted, ...constrainedData(one), { ...args, epochs });
  const twice = compiled(one);
  await fit(twice, ...constrainedData(one), { ...args, epochs: epochs - 1 });
  await fit(twice, ...constrainedData(one), { ...args, epochs: 1 });
  const names = fitted.layers.slice(0, 3).map(({ name }) => `"${name}"`);
  expect(notices[0]).toBe(
    `constraints of ${names.join(', ')} are applied after each update, as in Keras; model.fit of TensorFlow.js leaves them out`,
  );
  expect(notices.length).toBe(3);
  expect(weightsOf(twice)).toEqual(weightsOf(fitted));
});

describe.for(Object.entries(constrainedCases))('%s', ([, one]) => {
  let expected: Awaited<ReturnType<typeof trainPlainly>>;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    expected = await trainPlainly(one);
  });

  test.for(['wasm', 'reference'] as const)('%s keeps them in each step', async (engine) => {
    const fitted = compiled(one);
    const { epochs, batchSize } = sizes;
    const args = { epochs, batchSize, engine, shuffle: false, workers: 1, shards: 1 } as const;
    const { history } = await fit(fitted, ...constrainedData(one), args);
    for (const [index, weight] of weightsOf(fitted).entries())
      expect(relativeError(weight, expected.weights[index]), `weight ${index}`).toBeLessThanOrEqual(1e-5);
    for (const [epoch, loss] of (history.loss as number[]).entries())
      expect(Math.abs(loss / expected.losses[epoch] - 1), `loss of epoch ${epoch}`).toBeLessThanOrEqual(1e-5);
  });
});
