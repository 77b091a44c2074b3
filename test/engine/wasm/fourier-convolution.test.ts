/** Convolutions by Fourier transforms against the reference's float64, on shapes around every border of the way. */
import { describe, expect, test } from 'vitest';
import { conv2dBackward, conv2dForward } from '../../../src/engine/reference/conv2d.ts';
import { convolutionWay } from '../../../src/engine/wasm/convolution.ts';
import { graphOf } from '../../../src/engine/wasm/graph.ts';
import { kernelVariants } from '../../../src/engine/wasm/kernels/variants.ts';
import { type Conv2dLayer, type ImageShape, type Pair, sizeOf } from '../../../src/model/network.ts';
import { enableWideKernels } from '../../../src/wide-kernels.ts';
import { compiled } from '../compiled.ts';
import {
  averagePooling2d,
  conv2d,
  dropout,
  type LayerBuilder,
  maxPooling2d,
  network,
  relu,
} from '../network-builder.ts';
import { integers, parametersFor, relativeError, uniform } from '../values.ts';
import { runFourier } from './run-fourier.ts';

enableWideKernels();

interface Shape {
  readonly image: Pair;
  readonly kernel: Pair;
  readonly padding: 'same' | 'valid';
  readonly channels: number;
  readonly filters: number;
  /** Default: there is one. */
  readonly bias?: boolean;
}

/** Every height from 1 to 40 (the widths run the other way), kernels of 1 to 9, channels and filters of 1 to 40. */
const shapes: readonly Shape[] = Array.from({ length: 40 }, (_, i) => {
  const [kernelHeight, kernelWidth, channels, filters] = integers(i + 70, 4, 40);
  const image: Pair = [i + 1, 40 - i];
  const padding = i % 3 === 0 ? 'valid' : 'same';
  const most = (axis: 0 | 1) => (padding === 'valid' ? Math.min(9, image[axis]) : 9);
  return {
    image,
    kernel: [1 + (kernelHeight % most(0)), 1 + (kernelWidth % most(1))],
    padding,
    channels: i % 4 === 0 ? channels + 1 : 1 + (channels % 9),
    filters: i % 4 === 0 ? 1 + (filters % 9) : 1 + (filters % 20),
    bias: i % 5 > 0,
  };
});

/** What the tutorial's network has, and both ways of going around a tile's edge, along one axis each. */
const chosen: readonly Shape[] = [
  { image: [14, 14], kernel: [5, 5], padding: 'same', channels: 32, filters: 64 },
  { image: [12, 30], kernel: [5, 7], padding: 'same', channels: 17, filters: 33 },
];

/** Every kernel from 1 to 9 (the widths run the other way): images from 9 to 17 pixels, whole panels of channels. */
const skipping: readonly Shape[] = Array.from({ length: 9 }, (_, i) => ({
  image: [i + 9, 17 - i] as const,
  kernel: [i + 1, 9 - i] as const,
  padding: i % 3 === 0 ? 'valid' : 'same',
  channels: 16 * (1 + (i % 3)),
  filters: 16 * (3 - (i % 3)),
  bias: i % 2 === 0,
}));

// Of the norm: sums and transforms of float32, whose roundings of 6e-8 partly cancel.
const tolerance = 1e-6;

describe.for(kernelVariants)('the $name kernels', ({ name }) => {
  test('convolve images of every size from 1 to 40 as float64 does, and write nothing else', async () => {
    const module = await compiled(name);
    for (const shape of shapes) expectFloat64(module, shape, { counts: [1] });
  });

  test('go back by what is not zero as float64 does, and write nothing else', async () => {
    const module = await compiled(name);
    for (const shape of skipping)
      for (const density of [0, 0.1, 1])
        expectFloat64(module, shape, { counts: [2, 1], back: 'skipping', density });
  });

  test('convolve in several groups and shards as float64 does', async () => {
    const module = await compiled(name);
    for (const shape of chosen) {
      expect(convolutionWay(layerOf(shape).layer, false)).toBe('fourier');
      expectFloat64(module, shape, { counts: [1, 16] });
    }
  });
});

test('windows that are zero give the bias, and equal neighbours equal outputs, to the last bit', async () => {
  const module = await compiled('wide');
  const counts = { zero: 0, likeLeft: 0, likeUpper: 0 };
  for (const shape of [...shapes.slice(4), ...chosen]) {
    const { net, layer } = layerOf(shape);
    const inputs = patches(shape);
    const natural = parametersFor(net);
    const dOutputs = new Float32Array(sizeOf(layer.output));
    const { output } = runFourier(module, layer, { natural, inputs, dOutputs, counts: [1] });
    const reference = conv2dForward(layer, new Float64Array(natural), new Float64Array(inputs));
    expect(relativeError(output(0), reference), JSON.stringify(shape)).toBeLessThan(tolerance);
    const [pixels, windows] = [pixelsOf(layer.output, output(0)), windowsOf(layer, inputs)];
    const bias = layer.bias ? natural.subarray(layer.bias.offset) : new Float32Array(shape.filters);
    pixels.forEach((row, y) => {
      row.forEach((pixel, x) => {
        const where = `${JSON.stringify(shape)} at ${[y, x]}`;
        const expectLike = (kind: keyof typeof counts, expected: Float32Array) => {
          counts[kind]++;
          expect(pixel, `${kind}, ${where}`).toEqual(expected);
        };
        if (/^[0,]*$/.test(windows[y][x]))
          expectLike('zero', Float32Array.from(bias).slice(0, shape.filters));
        if (x > 0 && windows[y][x] === windows[y][x - 1]) expectLike('likeLeft', row[x - 1]);
        if (y > 0 && windows[y][x] === windows[y - 1][x]) expectLike('likeUpper', pixels[y - 1][x]);
      });
    });
  }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(1000);
});

test('the way is a function of the shape: direct where strides, few channels or small kernels make it faster', () => {
  const [shape] = chosen;
  const wayOf = (change: Partial<Shape>) => convolutionWay(layerOf({ ...shape, ...change }).layer, false);
  expect(wayOf({})).toBe('fourier');
  expect(wayOf({ channels: 1 })).toBe('direct');
  expect(wayOf({ filters: 3 })).toBe('direct');
  expect(wayOf({ kernel: [1, 1] })).toBe('direct');
  expect(wayOf({ kernel: [10, 10] })).toBe('direct');
  expect(wayOf({ image: [3, 3], kernel: [3, 3] })).toBe('direct');
  expect(convolutionWay({ ...layerOf(shape).layer, strides: [1, 2] }, false)).toBe('direct');
});

test('the way back skips zeros where max pooling makes most of them, and channels come in panels', () => {
  const wayOf = (filters: number, ...behind: LayerBuilder[]) => {
    const net = network([14, 14, 32], conv2d(filters, [5, 5], { padding: 'same' }), ...behind);
    const graph = graphOf(net);
    return convolutionWay(net.layers[0] as Conv2dLayer, graph.hasThinGradient(graph.nodes[0]));
  };
  expect(wayOf(64, relu, maxPooling2d([2, 2], { strides: [2, 2] }))).toBe('fourier, skipping back');
  expect(wayOf(64, dropout(0.1), maxPooling2d([3, 3], { strides: [3, 3] }))).toBe('fourier, skipping back');
  expect(wayOf(64, maxPooling2d([2, 2], { strides: [1, 1] }))).toBe('fourier');
  expect(wayOf(64, maxPooling2d([1, 1], { strides: [1, 1] }))).toBe('fourier');
  expect(wayOf(64, averagePooling2d([2, 2], { strides: [2, 2] }))).toBe('fourier');
  expect(wayOf(64, conv2d(8, [3, 3]), maxPooling2d([2, 2], { strides: [2, 2] }))).toBe('fourier');
  expect(wayOf(60, maxPooling2d([2, 2], { strides: [2, 2] }))).toBe('fourier');
  expect(wayOf(64)).toBe('fourier');
});

function layerOf({ image, kernel, padding, channels, filters, bias = true }: Shape) {
  const net = network([...image, channels], conv2d(filters, kernel, { padding, bias }));
  return { net, layer: net.layers[0] as Conv2dLayer };
}

interface Case {
  /** Examples of each shard. */
  readonly counts: readonly number[];
  /** Default: fourier. */
  readonly back?: 'fourier' | 'skipping';
  /** How much of the output's gradient is not zero. Default: all. */
  readonly density?: number;
}

function expectFloat64(module: WebAssembly.Module, shape: Shape, { counts, back, density = 1 }: Case): void {
  const { net, layer } = layerOf(shape);
  const where = JSON.stringify(shape);
  const examples = counts.reduce((sum, count) => sum + count, 0);
  const [inputSize, outputSize] = [sizeOf(layer.input), sizeOf(layer.output)];
  const natural = parametersFor(net);
  const inputs = uniform(1, examples * inputSize, -1, 1);
  const chance = uniform(3, examples * outputSize, 0, 1);
  const dOutputs = uniform(2, examples * outputSize, -1, 1).map((value, i) =>
    chance[i] < density ? value : Math.sign(value) * 0,
  );
  const actual = runFourier(module, layer, { natural, inputs, dOutputs, counts, back });
  expect(actual.strayWrites, where).toBe(0);

  const parameters = new Float64Array(natural);
  let first = 0;
  for (const [shard, count] of counts.entries()) {
    const gradient = new Float64Array(natural.length);
    for (let example = first; example < first + count; example++) {
      const input = new Float64Array(inputs.subarray(example * inputSize, (example + 1) * inputSize));
      const dOutput = new Float64Array(dOutputs.subarray(example * outputSize, (example + 1) * outputSize));
      const output = conv2dForward(layer, parameters, input);
      const dInput = conv2dBackward(layer, parameters, input, dOutput, gradient);
      expect(relativeError(actual.output(example), output), `output, ${where}`).toBeLessThan(tolerance);
      expect(relativeError(actual.dInput(example), dInput), `dInput, ${where}`).toBeLessThan(tolerance);
    }
    expect(relativeError(actual.gradients[shard], gradient), `gradient, ${where}`).toBeLessThan(tolerance);
    first += count;
  }
}

/** An image of four patches: zero, one value a channel, and lines across and down, whose values differ. */
function patches({ image: [height, width], channels }: Shape): Float32Array {
  const [values, image] = [uniform(3, 64 * channels, -1, 1), new Float32Array(height * width * channels)];
  const [middle, center] = [Math.floor(height / 2), Math.floor(width / 2)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [isBelow, isRight] = [y >= middle, x >= center];
      if (!isBelow && !isRight) continue;
      const line = isBelow && isRight ? 0 : isBelow ? 1 + x : 1 + y;
      const pixel = values.subarray(line * channels, (line + 1) * channels);
      image.set(pixel, (y * width + x) * channels);
    }
  return image;
}

const pixelsOf = ([height, width, channels]: ImageShape, image: Float32Array): Float32Array[][] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) =>
      image.slice((y * width + x) * channels, (y * width + x + 1) * channels),
    ),
  );

/** The values of each output's window, the padding as zeros. */
function windowsOf({ input, output, kernelSize, padding }: Conv2dLayer, image: Float32Array): string[][] {
  const pixels = pixelsOf(input, image);
  const zero = new Float32Array(input[2]);
  const windowOf = (y: number, x: number) =>
    Array.from({ length: kernelSize[0] }, (_, i) =>
      Array.from(
        { length: kernelSize[1] },
        (_, j) => pixels[y + i - padding.top]?.[x + j - padding.left] ?? zero,
      ).join(),
    ).join();
  return Array.from({ length: output[0] }, (_, y) =>
    Array.from({ length: output[1] }, (_, x) => windowOf(y, x)),
  );
}
