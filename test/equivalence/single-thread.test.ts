/** Data-parallel training against training in a single thread, written independently in plain TensorFlow.js. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig, type TrainConfig } from '../../src/config/config.ts';
import { mnistCnn } from '../../src/model/mnist-cnn/mnist-cnn.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import type { Network } from '../../src/model/network.ts';
import { digitNetwork, firstDigits, takeRows } from '../../testing/digits.ts';
import { parametersFor, relativeError } from '../../testing/engine/values.ts';
import { plainBatches } from '../../testing/equivalence/batches.ts';
import { everyLayer } from '../../testing/equivalence/every-layer.ts';
import { layersModelOf } from '../../testing/equivalence/layers-model.ts';
import { masksOf } from '../../testing/equivalence/masks.ts';
import { type PlainStepResult, plainStep } from '../../testing/equivalence/plain-training.ts';
import { type ObservedStep, type TrainingState, trainStepByStep } from '../../testing/step-by-step.ts';

/**
 * Of the change of each tensor. Two right implementations differ by 1e-6 to 5e-6 in one step from the same
 * parameters; a wrong mask, label or factor makes 1e-2 and more of it.
 */
const tolerance = 1e-4;

/**
 * Free runs drift apart, since rounding flips choices of relu and max pooling, which training amplifies. Their losses
 * stay together much longer than their parameters.
 */
const lossTolerance = 1e-3;

/** Ten steps an epoch, the last one of 3 examples: fewer than shards, of which 2 are then empty. */
const settings = { seed: 7, batchSize: 12, shards: 5, workers: 3, steps: 30, learningRate: 0.05 };
const examples = 111;
const digits = await firstDigits(examples);

describe.for([0.9, 0])('training of every kind of layer with momentum %d', (momentum) => {
  const parameters = parametersFor(everyLayer);
  let model: LayersModel;
  beforeAll(() => {
    model = layersModelOf(everyLayer);
  });
  afterAll(() => model.dispose());

  test.for([1, 2, 5, 10, 20, 30])(
    'changes each tensor as plain TensorFlow.js does from the same parameters, at step %d',
    async (step) => {
      const config = resolveConfig({ ...settings, momentum, steps: step });
      const actual = await lastStepOf(everyLayer, parameters, config);
      const plain = await stepPlainly({ network: everyLayer, model, config }, step, actual.before);
      expectSameChange(everyLayer, actual, plain);
    },
  );
});

test.for([0.9, 0])(
  'the losses are those of plain TensorFlow.js, each going its own way for 30 steps with momentum %d',
  async (momentum) => {
    const config = resolveConfig({ ...settings, momentum });
    const model = layersModelOf(digitNetwork);
    const parameters = parametersFor(digitNetwork);
    let state: TrainingState = { parameters, velocity: new Float32Array(parameters.length) };
    const losses = await lossesOf(digitNetwork, parameters, config);
    expect(losses.length).toBe(settings.steps);
    for (const [index, loss] of losses.entries()) {
      const plain = await stepPlainly({ network: digitNetwork, model, config }, index + 1, state);
      expect(relativeError([loss], [plain.loss]), `step ${index + 1}`).toBeLessThanOrEqual(lossTolerance);
      state = plain;
    }
    model.dispose();
  },
);

// The JavaScript backend computes about half an image of this network a second: a small batch of one step, the third,
// when there is a velocity.
test("training of the tutorial's network changes each tensor as plain TensorFlow.js does, at step 3", async () => {
  const { network, parameters } = mnistCnnSpec();
  const config = resolveConfig({ ...settings, batchSize: 3, shards: 2, steps: 3 });
  const model = mnistCnn();
  const actual = await lastStepOf(network, parameters, config);
  expectSameChange(network, actual, await stepPlainly({ network, model, config }, 3, actual.before));
  model.dispose();
});

interface PlainTraining {
  readonly network: Network;
  readonly model: LayersModel;
  readonly config: TrainConfig;
}

/** A step in plain TensorFlow.js. What it shares with gradpool: the order of examples and the masks. */
function stepPlainly({ network, model, config }: PlainTraining, step: number, state: TrainingState) {
  const { seed, batchSize, optimizer } = config;
  const { learningRate, momentum } = { momentum: 0, ...optimizer };
  const rows = plainBatches(seed, examples, batchSize, step)[step - 1];
  const masks = masksOf(network, seed, step, rows.length);
  return plainStep({ model, ...takeRows(digits, rows), masks, learningRate, momentum, ...state });
}

/** ||d - d'|| <= tolerance * ||d'|| for the change d of each tensor, and of its velocity. */
function expectSameChange(
  network: Network,
  { step, before, after, loss }: ObservedStep,
  plain: PlainStepResult,
) {
  expect(relativeError([loss], [plain.loss]), `loss of step ${step}`).toBeLessThanOrEqual(1e-5);
  for (const kind of ['parameters', 'velocity'] as const) {
    if (before[kind].length === 0) continue;
    for (const { name, offset, size } of network.parameters) {
      const change = (to: Float32Array) =>
        Float64Array.from({ length: size }, (_, i) => to[offset + i] - before[kind][offset + i]);
      const plainChange = change(plain[kind]);
      expect(
        plainChange.some((value) => value !== 0),
        `${kind} of ${name} move`,
      ).toBe(true);
      const error = relativeError(change(after[kind]), plainChange);
      expect(error, `change of the ${kind} of ${name} in step ${step}`).toBeLessThanOrEqual(tolerance);
    }
  }
}

async function lastStepOf(network: Network, parameters: Float32Array, config: TrainConfig) {
  const steps = await trainStepByStep({ network, parameters, train: digits, config });
  return steps[steps.length - 1];
}

/** Of every step, through the whole trainer. */
async function lossesOf(network: Network, parameters: Float32Array, config: TrainConfig): Promise<number[]> {
  const losses: number[] = [];
  const model = { topology: {}, network, parameters };
  await trainInThread(
    { model, train: digits, config, resume: false, reportProbabilities: false },
    {
      onEvent(event) {
        if (event.kind === 'step' || event.kind === 'progress') losses.push(event.loss);
      },
    },
  );
  return losses;
}
