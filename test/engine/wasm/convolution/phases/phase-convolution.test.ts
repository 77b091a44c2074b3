/** Convolutions with strides by their phases against the reference's float64, on shapes around every border of the way. */
import { describe, expect, test } from 'vitest';
import { convolutionWay } from '../../../../../src/engine/wasm/convolution/convolution.ts';
import { kernelVariants } from '../../../../../src/kernels/variants.ts';
import { enableWideKernels } from '../../../../../src/runtime/wide-kernels.ts';
import type { Pair } from '../../../../../src/shape.ts';
import { compiled } from '../../../../../testing/engine/compiled.ts';
import { integers } from '../../../../../testing/engine/values.ts';
import {
  type Alike,
  alikePixels,
  convolutionOf,
  errorsOf,
  type ConvolutionShape as Shape,
} from '../../../../../testing/engine/wasm/convolution-cases.ts';

enableWideKernels();

/** Heights from 4 to 27 (the widths run the other way), strides of 1 to 3, kernels up to 4 phases' taps and smaller than the stride. */
const shapes: readonly Shape[] = Array.from({ length: 24 }, (_, i) => {
  const [kernelHeight, kernelWidth, channels, filters] = integers(i + 40, 4, 40);
  const image: Pair = [i + 4, 27 - i];
  const strides: Pair = [1 + (i % 3), 3 - (i % 2)];
  return {
    ...{ image, strides, padding: i % 3 === 0 ? 'valid' : 'same' },
    kernel: [1 + (kernelHeight % Math.min(7, image[0])), 1 + (kernelWidth % Math.min(7, image[1]))],
    channels: 1 + (channels % 20),
    filters: 1 + (filters % 20),
    bias: i % 5 > 0,
  };
});

/** What the preset of a GAN has: phases that go around a tile's edge. */
const chosen: Shape = {
  ...{ image: [14, 14], kernel: [5, 5], strides: [2, 2], padding: 'same', channels: 48, filters: 65 },
};

/** One tile, and a last row and column that no window reads. */
const unread: Shape = {
  ...{ image: [17, 17], kernel: [4, 4], strides: [2, 2], padding: 'valid', channels: 5, filters: 6 },
};

const cases = [
  { way: 'phases of 8', images: [...shapes, chosen, unread] },
  { way: 'phases of 16', images: shapes },
] as const;

// Of the norm: sums and transforms of float32, whose roundings of 6e-8 partly cancel.
const tolerance = 1e-6;

describe.for(kernelVariants)('the $name kernels', ({ name }) => {
  test.for(cases)(
    'convolve images as float64 does, and write nothing else: $way',
    async ({ way, images }) => {
      const module = await compiled(name);
      for (const shape of images) {
        const { strayWrites, ...errors } = errorsOf(module, shape, { way, counts: [2, 1] });
        expect(strayWrites, JSON.stringify(shape)).toBe(0);
        for (const [what, { norm }] of Object.entries(errors))
          expect(norm, `${what}, ${JSON.stringify(shape)}`).toBeLessThan(tolerance);
      }
    },
  );
});

test('more images than are multiplied at once, in groups of shards, give the same as float64', async () => {
  const shape: Shape = { ...chosen, image: [7, 7], channels: 3, filters: 5 };
  const { strayWrites, ...errors } = errorsOf(await compiled('wide'), shape, {
    way: 'phases of 8',
    counts: [40, 40, 40, 11],
  });
  expect(strayWrites).toBe(0);
  for (const { norm } of Object.values(errors)) expect(norm).toBeLessThan(tolerance);
});

test('windows that are zero give the bias, and equal neighbours equal outputs, to the last bit', async () => {
  const module = await compiled('wide');
  const counts: Record<Alike, number> = { zero: 0, likeLeft: 0, likeUpper: 0 };
  for (const shape of [...shapes, chosen])
    for (const { kind, at, pixel, expected } of alikePixels(module, shape, 'phases of 8').alike) {
      counts[kind]++;
      expect(pixel, `${kind}, ${JSON.stringify(shape)} at ${at}`).toEqual(expected);
    }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(100);
});

test('the way is a function of the shape: direct where few channels or small kernels make it faster', () => {
  const wayOf = (change: Partial<Shape>) =>
    convolutionWay(convolutionOf({ ...chosen, ...change }).layer, false);
  expect(wayOf({})).toBe('fourier by phases');
  expect(wayOf({ image: [32, 32], channels: 64, filters: 128 })).toBe('fourier by phases');
  expect(wayOf({ channels: 3 })).toBe('direct');
  expect(wayOf({ filters: 8 })).toBe('direct');
  expect(wayOf({ kernel: [3, 3] })).toBe('direct');
  expect(wayOf({ image: [2, 2], strides: [3, 3] })).toBe('direct');
});
