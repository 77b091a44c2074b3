import { describe, expect, test } from 'vitest';
import { shardGradient } from '../../src/engine/reference/shard.ts';
import { tensorflowEngine } from '../../src/engine/tensorflow/tensorflow.ts';
import { classifierLoss } from '../../src/loss/loss-of.ts';
import { type Network, parametersOf } from '../../src/model/network.ts';
import { layerWord } from '../../src/random.ts';
import { sizeOf } from '../../src/shape.ts';
import { reasonAgainst } from '../../src/worker/engines/choose-engine.ts';
import { miniMnist, networks, shardNetworks } from '../../testing/engine/networks.ts';
import { integers, parametersFor, relativeError, uniform } from '../../testing/engine/values.ts';
import { layersModelOf } from '../../testing/equivalence/layers-model.ts';
import { masksOf } from '../../testing/equivalence/masks.ts';
import { plainStep } from '../../testing/equivalence/plain-training.ts';

const settings = { seed: 6, step: 3, examples: 3, learningRate: 0.05, momentum: 0.9 };

/** Of each tensor's change; rounding a parameter to float32 is up to 6e-8 of it, and a change is a hundredth of it. */
const tolerance = 2e-5;

/** The pure JavaScript backend takes seconds for the one, and its gradient of the other's images, not square, throws. */
const left = new Set(['the tutorial network with fewer channels', 'up-sampling']);

/**
 * TensorFlow.js's JavaScript backend gives each value of a padded window 1 / (whole window), unlike its own forward, and
 * mixes up rows and columns on the way back of up-sampling.
 */
const wrongGradient = (network: Network): boolean =>
  network.layers.some(
    (layer) =>
      layer.kind.endsWith('UpSampling2d') ||
      (layer.kind === 'averagePooling2d' && Object.values(layer.padding).some((rows) => rows > 0)),
  );

/** Of these plain TensorFlow.js draws random numbers of its own; the contract suite compares what the engines draw. */
const drawsItself = ({ layers }: Network): boolean =>
  layers.some(
    (layer) =>
      layer.kind === 'noise' || ('recurrentDropout' in layer && layer.dropout + layer.recurrentDropout > 0),
  );

/** TensorFlow.js leaves out what regularizers of recurrent layers add; the contract suite compares the engines. */
const hasRecurrentPenalties = ({ layers }: Network): boolean =>
  layers.some(
    (layer) =>
      'recurrentDropout' in layer && parametersOf(layer).some(({ penalty }) => penalty !== undefined),
  );

describe('one step of plain TensorFlow.js equals one step of the reference', () => {
  const list = Object.entries({ ...networks, ...shardNetworks }).filter(
    ([name, network]) =>
      !left.has(name) &&
      !drawsItself(network) &&
      !hasRecurrentPenalties(network) &&
      reasonAgainst(tensorflowEngine, network) === undefined,
  );
  test.for(list)('%s', async ([, network]) => {
    const { plain, expected, batch } = await bothSteps(network, settings);
    expect(relativeError([plain.loss], [expected.loss])).toBeLessThanOrEqual(1e-6);
    if (wrongGradient(network)) return;
    for (const kind of ['parameters', 'velocity'] as const)
      for (const { name, offset, size, untrained } of network.parameters) {
        if (untrained !== undefined && kind === 'velocity') continue;
        const change = (after: ArrayLike<number>) =>
          Float64Array.from({ length: size }, (_, i) => after[offset + i] - batch[kind][offset + i]);
        const error = relativeError(change(plain[kind]), change(expected[kind]));
        expect(error, `change of the ${kind} of ${name}`).toBeLessThanOrEqual(tolerance);
      }
  });

  test('also without momentum', async () => {
    const { plain, expected } = await bothSteps(miniMnist, { ...settings, momentum: 0 });
    expect(relativeError(plain.parameters, expected.parameters)).toBeLessThanOrEqual(1e-7);
  });

  test('also where the model itself ends in softmax', async () => {
    const { plain, expected } = await bothSteps({ ...miniMnist, endsInSoftmax: true }, settings);
    expect(relativeError([plain.loss], [expected.loss])).toBeLessThanOrEqual(1e-6);
    expect(relativeError(plain.velocity, expected.velocity)).toBeLessThanOrEqual(1e-5);
  });
});

async function bothSteps(network: Network, { momentum }: { momentum: number }) {
  const batch = batchFor(network);
  const model = layersModelOf(network);
  const masks = masksOf(network, settings.seed, settings.step, settings.examples);
  const plain = await plainStep({ model, masks, ...settings, ...batch, momentum });
  model.dispose();
  return { plain, expected: referenceStep(network, batch, momentum), batch };
}

type Batch = ReturnType<typeof batchFor>;

function batchFor(network: Network) {
  return {
    inputs: uniform(11, settings.examples * sizeOf(network.input), -1, 1),
    labels: integers(12, settings.examples, network.classes),
    parameters: parametersFor(network),
    velocity: uniform(13, network.parameterCount, -0.1, 0.1),
  };
}

/** velocity' = momentum * velocity + mean gradient; parameters' = parameters - learningRate * velocity' */
function referenceStep(network: Network, { inputs, labels, parameters, velocity }: Batch, momentum: number) {
  const { seed, step, examples, learningRate } = settings;
  const gradient = new Float64Array(network.parameterCount);
  const shard = labels.map((target, position) => {
    const size = sizeOf(network.input);
    const input = new Float64Array(inputs.subarray(position * size, (position + 1) * size));
    const words = ({ index }: { index: number }, element: number) =>
      layerWord(seed, step, index, position, element);
    return { input, target, words };
  });
  const results = shardGradient(
    { network, loss: classifierLoss },
    new Float64Array(parameters),
    { examples: shard, isTraining: true },
    gradient,
  );
  const trained = network.parameterCount - network.stateCount;
  const newVelocity = gradient.map((sum, i) => momentum * velocity[i] + sum / examples);
  return {
    loss: results.reduce((sum, { loss }) => sum + loss, 0) / examples,
    velocity: newVelocity,
    parameters: newVelocity.map((value, i) =>
      i < trained ? parameters[i] - learningRate * value : parameters[i] + gradient[i] / examples,
    ),
  };
}
