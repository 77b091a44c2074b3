/** Convolutions by Winograd's transforms against the reference's float64, on shapes around every border of the way. */
import { describe, expect, test } from 'vitest';
import { convolutionWay } from '../../../../../src/engine/wasm/convolution/convolution.ts';
import { kernelVariants } from '../../../../../src/kernels/variants.ts';
import { enableWideKernels } from '../../../../../src/runtime/wide-kernels.ts';
import { compiled } from '../../../../../testing/engine/compiled.ts';
import {
  type Alike,
  alikePixels,
  type ConvolutionShape,
  convolutionOf,
  errorsOf,
} from '../../../../../testing/engine/wasm/convolution-cases.ts';

enableWideKernels();

/** Heights from 3 to 20 (the widths run the other way): tiles that are whole and not, by rows and columns. */
const shapes: readonly ConvolutionShape[] = Array.from({ length: 18 }, (_, i) => ({
  ...{ image: [i + 3, 20 - i], kernel: [3, 3], padding: i % 3 === 0 ? 'valid' : 'same' },
  ...{ channels: 16 * (1 + (i % 3)), filters: 16 * (1 + (i % 2)), bias: i % 4 > 0 },
}));

const shape: ConvolutionShape = {
  ...{ image: [16, 16], kernel: [3, 3], padding: 'same', channels: 64, filters: 64 },
};

/** Images of few tiles, and panels of filters that are no multiple of a block. */
const few: readonly ConvolutionShape[] = [
  { image: [4, 4], kernel: [3, 3], padding: 'same', channels: 48, filters: 80 },
  { image: [7, 7], kernel: [3, 3], padding: 'same', channels: 16, filters: 64, bias: false },
  { image: [6, 3], kernel: [3, 3], padding: 'valid', channels: 32, filters: 16 },
];

// Transforms with factors up to 8, of float32: ten times as inexact as sums, here and in other libraries.
const tolerance = { norm: 4e-6, largest: 1.5e-5 };

describe.for(kernelVariants)('the $name kernels', ({ name }) => {
  test.for([
    ['images of every size from 3 to 20', shapes, [1], 'winograd'],
    ['several groups and shards', [shape, shapes[4]], [1, 5], 'winograd'],
    ['all images at once', few, [1, 5], 'winograd over images'],
    ['all images of several groups of shards at once', few.slice(2), [64, 0, 70], 'winograd over images'],
  ] as const)('convolve %s as float64 does, and write nothing else', async ([, cases, counts, way]) => {
    const module = await compiled(name);
    for (const one of cases) {
      const { strayWrites, ...errors } = errorsOf(module, one, { way, counts });
      expect(strayWrites).toBe(0);
      for (const [what, { norm, largest }] of Object.entries(errors)) {
        expect(norm, `${what}, ${JSON.stringify(one)}`).toBeLessThan(tolerance.norm);
        expect(largest, `${what}, ${JSON.stringify(one)}`).toBeLessThan(tolerance.largest);
      }
    }
  });
});

test('windows that are zero give the bias, and equal neighbours equal outputs, to the last bit', async () => {
  const module = await compiled('wide');
  const counts: Record<Alike, number> = { zero: 0, likeLeft: 0, likeUpper: 0 };
  const cases = [...shapes, shape].map((one) => ({ one, way: 'winograd' as const }));
  const more = [...few, ...shapes].map((one) => ({ one, way: 'winograd over images' as const }));
  for (const { one, way } of [...cases, ...more]) {
    const { alike, error } = alikePixels(module, one, way);
    expect(error, JSON.stringify(one)).toBeLessThan(tolerance.norm);
    for (const { kind, at, pixel, expected } of alike) {
      counts[kind]++;
      expect(pixel, `${kind}, ${JSON.stringify(one)} at ${at}`).toEqual(expected);
    }
  }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(100);
});

test('the way is a function of the shape: 3 x 3, stride 1, whole panels of channels, images of a size', () => {
  const wayOf = (change: Partial<ConvolutionShape>) =>
    convolutionWay(convolutionOf({ ...shape, ...change }).layer, false);
  expect(wayOf({})).toBe('winograd');
  expect(wayOf({ image: [32, 32], channels: 16, filters: 16 })).toBe('winograd');
  expect(wayOf({ kernel: [1, 3] })).toBe('direct');
  expect(wayOf({ channels: 3 })).toBe('direct');
  expect(wayOf({ filters: 8 })).toBe('direct');
  expect(wayOf({ image: [2, 2], channels: 16, filters: 16 })).toBe('direct');
  expect(wayOf({ image: [4, 4], channels: 512, filters: 512 })).toBe('winograd over images');
  expect(wayOf({ image: [7, 7], channels: 512, filters: 512 })).toBe('winograd over images');
  expect(wayOf({ image: [2, 2], channels: 512, filters: 512 })).toBe('over images');
  expect(wayOf({ image: [100, 100] })).not.toBe('winograd');
  expect(convolutionWay({ ...convolutionOf(shape).layer, strides: [1, 2] }, false)).toBe('direct');
});
