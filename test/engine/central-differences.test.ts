import { describe, expect, test } from 'vitest';
import type { TrainedNetwork } from '../../src/engine/reference/outputs.ts';
import { type Example, type Shard, shardGradient, shardLosses } from '../../src/engine/reference/shard.ts';
import { lossNames } from '../../src/loss/loss.ts';
import { classifierLoss } from '../../src/loss/loss-of.ts';
import type { Network } from '../../src/model/network.ts';
import { layerWord } from '../../src/random.ts';
import { dense, network, sigmoid } from '../../testing/engine/network-builder.ts';
import { networks, shardNetworks } from '../../testing/engine/networks.ts';
import { inputsOf, integers, parametersFor, relativeError, uniform } from '../../testing/engine/values.ts';

const h = 1e-5;
/** The difference's own error is of the order h^2 + 1e-16 / h; a kink within h of a value would show as 1e-3 and more. */
const tolerance = 1e-6;
/** Of larger tensors, this many values spread over the tensor are checked. */
const checked = 16;

describe('the reference gradient equals central differences in float64', () => {
  test.for(Object.entries({ ...networks, ...shardNetworks }))('%s', ([name, network]) => {
    const trained = { network, loss: classifierLoss };
    const parameters = new Float64Array(parametersFor(network));
    const examples = Array.from({ length: name in shardNetworks ? 4 : 1 }, (_, i) => exampleFor(network, i));
    const shard = shardOf(...examples);
    const gradient = new Float64Array(network.parameterCount);
    const losses = shardGradient(trained, parameters, shard, gradient);
    expect(losses).toEqual(shardLosses(trained, parameters, shard));
    for (const { name, offset, size, untrained } of network.parameters) {
      if (untrained === 'frozen')
        expect(gradient.slice(offset, offset + size)).toEqual(new Float64Array(size));
      if (untrained !== undefined) continue;
      const places = spread(offset, size);
      const differences = places.map((at) => centralDifference(trained, parameters, shard, at));
      const analytic = places.map((at) => gradient[at]);
      expect(relativeError(analytic, differences), name).toBeLessThanOrEqual(tolerance);
    }
  });

  const losses = lossNames.flatMap((name) => [true, false].map((softmax) => [name, softmax] as const));
  test.for(losses)('%s, with a softmax at the end: %s', ([name, endsInSoftmax]) => {
    const positive = network([6], dense(5), sigmoid);
    const trained = { network: { ...positive, endsInSoftmax }, loss: { name, of: 'output' } } as const;
    const parameters = new Float64Array(parametersFor(positive));
    const target = name.startsWith('sparse') ? 3 : Float64Array.of(0.1, 0.2, 0.3, 0.15, 0.25);
    const example = { input: new Float64Array(uniform(7, 6, -1, 1)), target, weights: [1.5] };
    const gradient = new Float64Array(positive.parameterCount);
    const shard = shardOf(example);
    shardGradient(trained, parameters, shard, gradient);
    const places = spread(0, positive.parameterCount);
    const differences = places.map((at) => centralDifference(trained, parameters, shard, at));
    const analytic = places.map((at) => gradient[at]);
    expect(relativeError(analytic, differences)).toBeLessThanOrEqual(tolerance);
  });

  test('and a second example adds to the sum', () => {
    const network = networks['small MNIST'];
    const trained = { network, loss: classifierLoss };
    const parameters = new Float64Array(parametersFor(network));
    const [once, twice] = [
      new Float64Array(network.parameterCount),
      new Float64Array(network.parameterCount),
    ];
    const example = exampleFor(network);
    shardGradient(trained, parameters, shardOf(example), once);
    shardGradient(trained, parameters, shardOf(example, example), twice);
    expect(
      relativeError(
        twice,
        once.map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-14);
  });
});

function exampleFor(network: Network, place = 0): Example {
  return {
    input: new Float64Array(inputsOf(network, 7 + 10 * place, 1)),
    target: integers(8 + 10 * place, 1, network.classes)[0],
    words: ({ index }, element) => layerWord(5, 1, index, 0, element),
  };
}

const shardOf = (...examples: readonly Example[]) => ({ examples, isTraining: true });

const spread = (offset: number, size: number): number[] =>
  Array.from(
    { length: Math.min(size, checked) },
    (_, i) => offset + Math.floor((i * size) / Math.min(size, checked)),
  );

function centralDifference(
  trained: TrainedNetwork,
  parameters: Float64Array,
  shard: Shard,
  at: number,
): number {
  const lossWith = (value: number) =>
    shardLosses(trained, parameters.with(at, value), shard).reduce((sum, { loss }) => sum + loss, 0);
  return (lossWith(parameters[at] + h) - lossWith(parameters[at] - h)) / (2 * h);
}
