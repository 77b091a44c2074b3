/** What a live model knows and its JSON does not: `fit` moves what `model.fit` moves. */
import * as tf from '@tensorflow/tfjs-core';
import {
  Callback,
  type LayersModel,
  layers,
  registerCallbackConstructor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, test, vi } from 'vitest';
import { fit } from '../../../src/index.ts';
import { relativeError } from '../../../testing/engine/values.ts';
import { inputsFor, setWeights, targets } from '../../../testing/fit/models.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const [x, y] = [inputsFor(22), targets.oneHot(22, 3)];
const args = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0, workers: 1 } as const;

function made(setUp: (model: LayersModel) => void): LayersModel {
  const model = sequential({
    layers: [
      layers.dense({ inputShape: [5], units: 3 }),
      layers.dense({ units: 3 }),
      layers.dense({ units: 3 }),
    ],
  });
  setWeights(model, 6);
  setUp(model);
  return model;
}
const compile = (model: LayersModel): void =>
  model.compile({ loss: 'meanSquaredError', optimizer: tf.train.adam(0.05) });
/** By the layers: the order of `model.getWeights()` changes with the flags. */
const values = (model: LayersModel): Float32Array[] =>
  model.layers.flatMap((layer) => layer.getWeights().map((weight) => weight.dataSync<'float32'>().slice()));

const frozen =
  (index: number, trainable = false) =>
  (model: LayersModel) => {
    model.layers[index].trainable = trainable;
  };
const whole = (trainable: boolean) => (model: LayersModel) => {
  model.trainable = trainable;
};

test.each<[string, ((model: LayersModel) => void)[]]>([
  ['all layers', [compile]],
  ['a layer frozen before compile', [frozen(1), compile]],
  ['a layer frozen after compile', [compile, frozen(1)]],
  ['a layer thawed after compile', [frozen(0), compile, frozen(0, true)]],
  ['a model frozen and thawed, but for a layer', [whole(false), whole(true), frozen(2), compile]],
])('%s: what model.fit moves, moves, and the others keep their bits.', async (_, steps) => {
  const [plain, ours] = [0, 1].map(() => made((model) => steps.map((step) => step(model))));
  const before = values(ours);
  for (const epochs of [2, 1]) {
    await plain.fit(x, y, { epochs, batchSize: 8, shuffle: false, verbose: 0 });
    await fit(ours, x, y, { ...args, epochs });
  }
  const [expected, after] = [values(plain), values(ours)];
  for (const [index, weight] of after.entries()) {
    expect(relativeError(weight, expected[index]), `weight ${index}`).toBeLessThanOrEqual(1e-4);
    const stayed = expected[index].every((value, i) => value === before[index][i]);
    if (stayed) expect(weight).toEqual(before[index]);
  }
});

test.each<[string, ((model: LayersModel) => void)[]]>([
  ['before compile', [whole(false), compile]],
  ['after compile', [compile, whole(false)]],
  ['with a layer thawed', [whole(false), frozen(2, true), compile]],
])('a model that is frozen %s is refused in one line.', async (_, steps) => {
  const model = made((each) => steps.map((step) => step(each)));
  await expect(fit(model, x, y, args)).rejects.toThrow(/^[^\n]*nothing to train[^\n]*$/);
});

describe('while a fit runs', () => {
  test('its tensors may be disposed.', async () => {
    const [ownX, ownY] = [x.clone(), y.clone()];
    const running = fit(made(compile), ownX, ownY, { ...args, validationData: [ownX, ownY] });
    ownX.dispose();
    ownY.dispose();
    expect((await running).history.val_loss).toHaveLength(2);
  });

  test.each([
    ['at once', (model: LayersModel) => ({ now: () => model.dispose(), callbacks: {} })],
    [
      'after an epoch',
      (model: LayersModel) => ({ now: () => {}, callbacks: { onEpochEnd: () => void model.dispose() } }),
    ],
  ])('a model that is disposed %s is refused by name.', async (_, plan) => {
    const model = made(compile);
    const { now, callbacks } = plan(model);
    const running = fit(model, x, y, { ...args, callbacks });
    now();
    await expect(running).rejects.toThrow(/^Expected the model to be whole, got one that is disposed/);
  });

  test('a model that is compiled again is refused by name.', async () => {
    const model = made(compile);
    const running = fit(model, x, y, { ...args, callbacks: { onEpochEnd: () => compile(model) } });
    await expect(running).rejects.toThrow(/got one that was compiled again/);
  });
});

test('callbacks of registered classes are called, new ones each time, where verbose asks for them.', async () => {
  const heard: string[] = [];
  let count = 0;
  class Registered extends Callback {
    private readonly number = ++count;
    override async onEpochEnd(epoch: number): Promise<void> {
      heard.push(`${this.number}: ${epoch}`);
    }
  }
  registerCallbackConstructor(1, Registered);
  await fit(made(compile), x, y, { ...args, verbose: 1 });
  await fit(made(compile), x, y, args);
  await fit(made(compile), x, y, { ...args, epochs: 1, verbose: 2 });
  expect(heard).toEqual(['1: 0', '1: 1', '2: 0']);
});

test('a stateful recurrent layer is refused by name.', async () => {
  const recurrentInitializer = 'glorotUniform';
  const lstm = layers.lstm({
    name: 'memory',
    batchInputShape: [2, 5, 1],
    units: 3,
    stateful: true,
    recurrentInitializer,
  });
  const model = sequential({ layers: [lstm] });
  compile(model);
  await expect(fit(model, tf.ones([4, 5, 1]), tf.ones([4, 3]), args)).rejects.toThrow(
    /Layer "memory" \(LSTM\) is `stateful`/,
  );
});
