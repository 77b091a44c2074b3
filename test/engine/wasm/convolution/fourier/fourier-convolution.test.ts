/** Convolutions by Fourier transforms against the reference's float64, on shapes around every border of the way. */
import { describe, expect, test } from 'vitest';
import { convolutionWay } from '../../../../../src/engine/wasm/convolution/convolution.ts';
import { graphOf } from '../../../../../src/engine/wasm/program/graph.ts';
import { kernelVariants } from '../../../../../src/kernels/variants.ts';
import type { Conv2dLayer } from '../../../../../src/model/network.ts';
import { enableWideKernels } from '../../../../../src/runtime/wide-kernels.ts';
import type { Pair } from '../../../../../src/shape.ts';
import { compiled } from '../../../../../testing/engine/compiled.ts';
import {
  averagePooling2d,
  conv2d,
  dropout,
  type LayerBuilder,
  maxPooling2d,
  network,
  relu,
} from '../../../../../testing/engine/network-builder.ts';
import { integers } from '../../../../../testing/engine/values.ts';
import {
  type Alike,
  alikePixels,
  type ConvolutionCase,
  convolutionOf,
  errorsOf,
  type ConvolutionShape as Shape,
} from '../../../../../testing/engine/wasm/convolution-cases.ts';

enableWideKernels();

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
    for (const shape of shapes) expectFloat64(module, shape, { way: 'fourier', counts: [1] });
  });

  test('go back by what is not zero as float64 does, and write nothing else', async () => {
    const module = await compiled(name);
    for (const shape of skipping)
      for (const density of [0, 0.1, 1])
        expectFloat64(module, shape, { way: 'skipping', counts: [2, 1], density });
  });

  test('convolve in several groups and shards as float64 does', async () => {
    const module = await compiled(name);
    for (const shape of chosen) {
      expect(convolutionWay(convolutionOf(shape).layer, false)).toBe('fourier');
      expectFloat64(module, shape, { way: 'fourier', counts: [1, 16] });
    }
  });
});

test('windows that are zero give the bias, and equal neighbours equal outputs, to the last bit', async () => {
  const module = await compiled('wide');
  const counts: Record<Alike, number> = { zero: 0, likeLeft: 0, likeUpper: 0 };
  for (const shape of [...shapes.slice(4), ...chosen]) {
    const { alike, error } = alikePixels(module, shape, 'fourier');
    expect(error, JSON.stringify(shape)).toBeLessThan(tolerance);
    for (const { kind, at, pixel, expected } of alike) {
      counts[kind]++;
      expect(pixel, `${kind}, ${JSON.stringify(shape)} at ${at}`).toEqual(expected);
    }
  }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(1000);
});

test('the way is a function of the shape: direct where few channels or small kernels make it faster', () => {
  const [shape] = chosen;
  const wayOf = (change: Partial<Shape>) =>
    convolutionWay(convolutionOf({ ...shape, ...change }).layer, false);
  expect(wayOf({})).toBe('fourier');
  expect(wayOf({ channels: 1 })).toBe('direct');
  expect(wayOf({ filters: 3 })).toBe('direct');
  expect(wayOf({ kernel: [1, 1] })).toBe('direct');
  expect(wayOf({ kernel: [10, 10] })).toBe('direct');
  expect(wayOf({ image: [3, 3], kernel: [3, 3], channels: 17 })).toBe('direct');
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

function expectFloat64(module: WebAssembly.Module, shape: Shape, one: ConvolutionCase): void {
  const where = JSON.stringify(shape);
  const { strayWrites, output, dInput, gradient } = errorsOf(module, shape, one);
  expect(strayWrites, where).toBe(0);
  expect(output.norm, `output, ${where}`).toBeLessThan(tolerance);
  expect(dInput.norm, `dInput, ${where}`).toBeLessThan(tolerance);
  expect(gradient.norm, `gradient, ${where}`).toBeLessThan(tolerance);
}
