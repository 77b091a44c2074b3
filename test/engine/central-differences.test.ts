import { describe, expect, test } from 'vitest';
import { type Example, exampleGradient, exampleLoss } from '../../src/engine/reference/example.ts';
import { type Network, sizeOf } from '../../src/model/network.ts';
import { dropoutKeeps } from '../../src/random.ts';
import { networks } from './networks.ts';
import { integers, parametersFor, relativeError, uniform } from './values.ts';

const h = 1e-5;
/** The difference's own error is of the order h^2 + 1e-16 / h; a kink within h of a value would show as 1e-3 and more. */
const tolerance = 1e-7;
/** Of larger tensors, this many values spread over the tensor are checked. */
const checked = 60;

describe('the reference gradient equals central differences in float64', () => {
  test.for(Object.entries(networks))('%s', ([, network]) => {
    const parameters = new Float64Array(parametersFor(network));
    const example = exampleFor(network);
    const gradient = new Float64Array(network.parameterCount);
    const { loss } = exampleGradient(network, parameters, example, gradient);
    expect(loss).toBe(exampleLoss(network, parameters, example).loss);
    for (const { name, offset, size } of network.parameters) {
      const places = spread(offset, size);
      const differences = places.map((at) => centralDifference(network, parameters, example, at));
      const analytic = places.map((at) => gradient[at]);
      expect(relativeError(analytic, differences), name).toBeLessThanOrEqual(tolerance);
    }
  });

  test('and a second example adds to the sum', () => {
    const network = networks['small MNIST'];
    const parameters = new Float64Array(parametersFor(network));
    const [once, twice] = [
      new Float64Array(network.parameterCount),
      new Float64Array(network.parameterCount),
    ];
    exampleGradient(network, parameters, exampleFor(network), once);
    for (let i = 0; i < 2; i++) exampleGradient(network, parameters, exampleFor(network), twice);
    expect(
      relativeError(
        twice,
        once.map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-14);
  });
});

function exampleFor(network: Network): Example {
  return {
    input: new Float64Array(uniform(7, sizeOf(network.input), -1, 1)),
    label: integers(8, 1, network.classes)[0],
    keeps: ({ index, rate }, element) => dropoutKeeps(5, 1, index, 0, element, rate),
  };
}

const spread = (offset: number, size: number): number[] =>
  Array.from(
    { length: Math.min(size, checked) },
    (_, i) => offset + Math.floor((i * size) / Math.min(size, checked)),
  );

function centralDifference(network: Network, parameters: Float64Array, example: Example, at: number): number {
  const lossWith = (value: number) => exampleLoss(network, parameters.with(at, value), example).loss;
  return (lossWith(parameters[at] + h) - lossWith(parameters[at] - h)) / (2 * h);
}
