/** Updates step by step beside those of Keras and PyTorch, whose numbers testing/optimizer/keras_updates.py has written. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import { beginning, nextStep, openTrainer, type Trainer } from '../../src/coordinator/trainer.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import type { EngineName } from '../../src/engine/engine.ts';
import { readNetwork } from '../../src/model/keras/read-network.ts';
import type { TrainerRequest } from '../../src/protocol/requests.ts';
import { dense, model } from '../../testing/model/topologies.ts';

interface KerasCase {
  readonly name: string;
  readonly options: TrainOptions;
  /** After each update, in the order of the weights. */
  readonly parameters: readonly (readonly number[])[];
  /** The moving average of them. */
  readonly averages?: readonly (readonly number[])[];
  /** Of the batch before the update. */
  readonly losses: readonly number[];
}

interface KerasUpdates {
  readonly shape: readonly [inputs: number, units: number, classes: number];
  readonly inputs: readonly number[];
  readonly labels: readonly number[];
  readonly initial: readonly number[];
  readonly cases: readonly KerasCase[];
}

const path = join(import.meta.dirname, '..', 'fixtures', 'keras-updates.json');
const keras: KerasUpdates = JSON.parse(readFileSync(path, 'utf8'));
const [inputs, units, classes] = keras.shape;
const count = keras.labels.length;
const topology = model(
  dense({ name: 'first', units, activation: 'tanh', batch_input_shape: [null, inputs] }),
  { class_name: 'LayerNormalization', config: { name: 'norm', axis: -1, epsilon: 1e-3 } },
  dense({ name: 'last', units: classes }),
);
const network = readNetwork(topology);
const train: Dataset = {
  ...{ shape: [inputs], classes, count, inputType: 'float32' },
  inputs: Float32Array.from(keras.inputs),
  labels: Uint32Array.from(keras.labels),
};

const requestOf = (options: TrainOptions, engine: EngineName): TrainerRequest => {
  const { accumulateSteps = 1 } = options;
  return {
    model: { topology, network, parameters: Float32Array.from(keras.initial) },
    train,
    config: resolveConfig({
      ...{ ...options, engine, workers: 1, shards: 3 },
      ...{ batchSize: count / accumulateSteps, epochs: 5 },
    }),
  };
};

/** Calls `seen` after each of five updates, which are of all examples each. */
async function eachUpdate(
  request: TrainerRequest,
  seen: (update: number, trainer: Trainer, loss: number) => Promise<void>,
): Promise<void> {
  const trainer = await openTrainer(request);
  const { accumulateSteps } = request.config.update;
  try {
    await trainer.load(beginning(request));
    for (let update = 0; update < 5; update++) {
      let loss = 0;
      for (let batch = 0; batch < accumulateSteps; batch++) loss = (await nextStep(trainer)).means.loss;
      await seen(update, trainer, loss);
    }
  } finally {
    await trainer.close();
  }
}

/** float32 of both, after some steps of a sum in another order. */
const tolerance = 1e-6;

function expectClose(actual: Float32Array, wanted: readonly number[], what: string): void {
  expect(actual.length, what).toBe(wanted.length);
  const worst = Math.max(...wanted.map((value, index) => Math.abs(actual[index] - value)));
  expect(worst, what).toBeLessThanOrEqual(tolerance);
}

describe.for(['wasm', 'reference', 'tensorflow'] as const)('as Keras and PyTorch, on %s', (engine) => {
  test.for(keras.cases)('$name', async ({ options, parameters, averages, losses }) => {
    const request = requestOf(options, engine);
    await eachUpdate(request, async (update, trainer, loss) => {
      expectClose(
        await trainer.parameters(),
        parameters[update],
        `the parameters after update ${update + 1}`,
      );
      // Of several batches, Keras' loss is that of the last one, which has other examples here.
      if (request.config.update.accumulateSteps === 1) expect(loss).toBeCloseTo(losses[update], 5);
      if (averages === undefined) return;
      const ema = (await trainer.optimizerState()).arrays.at(-1);
      expectClose(ema ?? new Float32Array(), averages[update], `the average after update ${update + 1}`);
    });
  });
});
