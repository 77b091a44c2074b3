/** Direct convolutions against the reference's float64: strides that jump over pixels, and windows beyond the image. */
import { describe, expect, test } from 'vitest';
import { convolutionWay } from '../../../../src/engine/wasm/convolution/convolution.ts';
import { graphOf } from '../../../../src/engine/wasm/program/graph.ts';
import { kernelVariants } from '../../../../src/kernels/variants.ts';
import type { Conv2dLayer } from '../../../../src/model/network.ts';
import { enableWideKernels } from '../../../../src/runtime/wide-kernels.ts';
import type { Pair } from '../../../../src/shape.ts';
import { compiled } from '../../../../testing/engine/compiled.ts';
import { conv2d, maxPooling2d, network } from '../../../../testing/engine/network-builder.ts';
import { integers } from '../../../../testing/engine/values.ts';
import {
  type ConvolutionShape,
  errorsOf,
  gradientsOf,
} from '../../../../testing/engine/wasm/convolution-cases.ts';

enableWideKernels();

/** Strides of 1 to 4, kernels of 1 to 6, images of 1 to 12: every pair of stride and kernel, with both paddings. */
const shapes: readonly ConvolutionShape[] = Array.from({ length: 48 }, (_, i) => {
  const [height, width, channels, filters] = integers(i + 1, 4, 40);
  const kernel: Pair = [1 + (i % 6), 1 + ((i + 2) % 6)];
  const padding = i < 24 ? 'same' : 'valid';
  const least = (axis: 0 | 1) => (padding === 'valid' ? kernel[axis] : 1);
  return {
    image: [least(0) + (height % 7), least(1) + (width % 7)],
    ...{ kernel, padding, channels: 1 + channels, filters: 1 + filters },
    strides: [1 + (Math.floor(i / 6) % 4), 1 + ((Math.floor(i / 6) + i) % 4)],
    bias: i % 5 > 0,
  };
});

describe.for(kernelVariants)('the $name kernels', ({ name }) => {
  test('convolve with every stride there and back as float64 does, and write nothing else', async () => {
    const module = await compiled(name);
    for (const shape of shapes) {
      const where = JSON.stringify(shape);
      const { strayWrites, ...errors } = errorsOf(module, shape, { way: 'direct', counts: [2, 1] });
      expect(strayWrites, where).toBe(0);
      for (const [what, { norm }] of Object.entries(errors))
        expect(norm, `${what}, ${where}`).toBeLessThan(1e-6);
    }
  });
});

/** Sums over pixels in ascending order, and over filters in each: kernels of up to 6 columns, the channels in whole panels. */
const skipped: readonly ConvolutionShape[] = [
  { image: [1, 9], kernel: [1, 5], padding: 'valid', channels: 16, filters: 32 },
  { image: [1, 1], kernel: [1, 1], padding: 'same', channels: 32, filters: 16 },
  { image: [4, 5], kernel: [3, 6], padding: 'same', channels: 16, filters: 16 },
  { image: [7, 6], kernel: [7, 2], padding: 'valid', channels: 32, filters: 48, bias: false },
];

describe.for(kernelVariants)('the $name kernels, by what is not zero', ({ name }) => {
  test('give the bits of the direct way back, and write nothing else', async () => {
    const module = await compiled(name);
    for (const shape of skipped)
      for (const density of [0, 0.05, 0.5]) {
        const [direct, skipping] = (['direct', 'direct, skipping'] as const).map((way) =>
          gradientsOf(module, shape, { way, counts: [2, 1], density }),
        );
        expect(skipping.strayWrites).toBe(0);
        expect(skipping.values, `${JSON.stringify(shape)}, ${density}`).toEqual(direct.values);
      }
  });
});

test('are taken by what is not zero behind max pooling, where sums keep their order', () => {
  const wayOf = (columns: number, filters: number) => {
    const pooled = 40 - columns + 1;
    const net = network(
      [1, 40, 64],
      conv2d(filters, [1, columns]),
      maxPooling2d([1, pooled], { strides: [1, pooled] }),
    );
    const graph = graphOf(net);
    return convolutionWay(net.layers[0] as Conv2dLayer, graph.hasThinGradient(graph.nodes[0]));
  };
  expect(wayOf(5, 32)).toBe('direct, skipping back');
  expect(wayOf(5, 24)).toBe('direct');
  expect(wayOf(7, 32)).toBe('direct');
});
