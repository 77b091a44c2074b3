/** Networks of random branches: which buffers are shared, kept or needed for one example only follows from the graph. */
import { expect, test } from 'vitest';
import type { EngineFactory } from '../../../../src/engine/engine.ts';
import { referenceEngine } from '../../../../src/engine/reference/reference.ts';
import { wasmEngine } from '../../../../src/engine/wasm/wasm.ts';
import { compiled } from '../../../../testing/engine/compiled.ts';
import {
  conv2dTranspose,
  depthwiseConv2d,
  nearestUpSampling2d,
  permute,
} from '../../../../testing/engine/image-builders.ts';
import {
  activation,
  add,
  averagePooling2d,
  batchNormalization,
  concatenate,
  conv2d,
  dense,
  dropout,
  flatten,
  type LayerBuilder,
  leakyReLU,
  maxPooling2d,
  merging,
  network,
  noise,
  prelu,
  relu,
  sigmoid,
  softmax,
  tanh,
} from '../../../../testing/engine/network-builder.ts';
import { integers, relativeError } from '../../../../testing/engine/values.ts';
import { workbench } from '../../../../testing/engine/workbench.ts';

const kernels = await compiled('portable');
const maxExamples = 7;

/** As in the contract; normalisation divides rounding errors by small deviations. */
const tolerance = 1e-4;

test.for(Array.from({ length: 40 }, (_, seed) => [seed]))(
  'the network of seed %i has the gradient of float64, and the bits of its shards alone',
  ([seed]) => {
    const net = randomNetwork(seed);
    const bench = (factory: EngineFactory) => workbench({ factory, kernels, network: net, maxExamples });
    const call = { indices: [4, 0, 7, 4, 2, 8, 5], counts: [3, 0, 4], step: 2, position: 5 };
    // All workbenches have one memory: one after the other.
    const reference = bench(referenceEngine);
    const [expected, expectedTest] = [reference.gradient(call), reference.evaluate({ indices: [1, 2, 3] })];
    const wasm = bench(wasmEngine);
    for (const engine of [0, 1] as const) {
      const actual = wasm.gradient({ ...call, engine });
      expect(actual.strayWrites).toEqual([]);
      expectClose(actual.predictions, expected.predictions, 'predictions');
      for (const { name, offset, size: count } of net.parameters) {
        const of = (values: Float32Array) => values.subarray(offset, offset + count);
        const whole = norm(expected.gradient);
        // In front of a normalisation a bias has a gradient of zero, and what is left of it is rounding.
        const difference = norm(of(actual.gradient).map((value, i) => value - of(expected.gradient)[i]));
        const size = norm(of(expected.gradient)) + 0.01 * whole;
        expect(difference / size, name).toBeLessThan(tolerance);
      }
      const alone = wasm.gradient({ indices: [4, 2, 8, 5], step: 2, position: 8 });
      expect(bytesOf(actual.shards[2].packedGradient)).toEqual(bytesOf(alone.packedGradient));
      const evaluated = wasm.evaluate({ indices: [1, 2, 3], engine });
      expect(evaluated.strayWrites).toEqual([]);
      expectClose(evaluated.predictions, expectedTest.predictions, 'evaluation');
    }
  },
);

const norm = (values: Float32Array): number => Math.hypot(...values);

const bytesOf = ({ buffer }: Float32Array) => Buffer.from(buffer);

const expectClose = (actual: Float32Array, expected: Float32Array, what: string) =>
  expect(relativeError(actual, expected), what).toBeLessThan(tolerance);

function randomNetwork(seed: number) {
  const numbers = integers(9000 + seed, 500, 2 ** 16).values();
  const below = (count: number): number => (numbers.next().value as number) % count;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const channels = pick([3, 16]);
  const frozen = () => below(5) === 0;
  const elementwise = () =>
    pick([
      ...[relu, tanh, sigmoid, leakyReLU(0.2), activation('swish'), activation('selu'), prelu(), softmax()],
      ...[dropout(0.3), noise('alphaDropout', 0.2), noise('gaussianNoise', 0.1)],
    ]);
  const meet = () => pick([add, add, ...(['multiply', 'average', 'maximum'] as const).map(merging)]);

  const imageLayer = (depth: number): LayerBuilder[] =>
    pick<() => LayerBuilder[]>([
      () => [
        conv2d(
          channels,
          pick([
            [3, 3],
            [1, 1],
            [5, 5],
          ] as const),
          { frozen: frozen() },
        ),
      ],
      () => [conv2d(channels, [3, 3], { bias: false }), batchNormalization()],
      () => [conv2d(channels, [3, 3], { dilation: [2, 1], frozen: frozen() })],
      () => [conv2dTranspose(channels, [3, 2], { frozen: frozen() })],
      () => [depthwiseConv2d([3, 3], { frozen: frozen() })],
      () => [nearestUpSampling2d([1, 2]), averagePooling2d([1, 2])],
      () => [permute(1, 0, 2), elementwise(), permute(1, 0, 2)],
      () => [elementwise()],
      () => [elementwise(), elementwise()],
      () => [relu, maxPooling2d([3, 3], { strides: [1, 1], padding: 'same' })],
      () => (depth > 2 ? [elementwise()] : [pick([addAll, sideBySide])(imageLayer, depth)]),
    ])();
  const vectorLayer = (depth: number): LayerBuilder[] =>
    pick<() => LayerBuilder[]>([
      () => [dense(9, { frozen: frozen() })],
      () => [dense(9, { bias: false }), batchNormalization(), elementwise()],
      () => [elementwise()],
      () => (depth > 2 ? [elementwise()] : [addAll(vectorLayer, depth)]),
    ])();
  const some = (layer: (depth: number) => LayerBuilder[], depth: number) =>
    Array.from({ length: below(4) }, () => layer(depth)).flat();
  const addAll = (layer: (depth: number) => LayerBuilder[], depth: number) =>
    meet()(...Array.from({ length: 2 + below(2) }, () => some(layer, depth + 1)));
  const sideBySide = (layer: (depth: number) => LayerBuilder[], depth: number) => {
    const joined = concatenate(2, some(layer, depth + 1), some(layer, depth + 1));
    // Back to the channels that a branch beside it has.
    return add([joined, conv2d(channels, [1, 1])], some(layer, depth + 1));
  };
  return network(
    [6, 5, 2],
    conv2d(channels, [3, 3]),
    ...some(imageLayer, 0),
    ...some(imageLayer, 0),
    pick([maxPooling2d([2, 2]), averagePooling2d([2, 2])]),
    flatten(),
    dense(9),
    ...some(vectorLayer, 0),
    dense(10),
  );
}
