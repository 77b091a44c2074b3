import { describe, expect, test } from 'vitest';
import { convolutionWay } from '../../../../src/engine/wasm/convolution/convolution.ts';
import { meetingsOf, tapRowsOf } from '../../../../src/engine/wasm/convolution/over-images/windows.ts';
import { wasmEngine } from '../../../../src/engine/wasm/wasm.ts';
import { kernelVariants } from '../../../../src/kernels/variants.ts';
import type { Conv2dLayer } from '../../../../src/model/network.ts';
import { enableWideKernels } from '../../../../src/runtime/wide-kernels.ts';
import type { ImageShape, Pair } from '../../../../src/shape.ts';
import { compiled } from '../../../../testing/engine/compiled.ts';
import { conv2d, dense, flatten, network } from '../../../../testing/engine/network-builder.ts';
import { relativeError } from '../../../../testing/engine/values.ts';
import { rows, workbench } from '../../../../testing/engine/workbench.ts';

enableWideKernels();

type Options = NonNullable<Parameters<typeof conv2d>[2]>;

const layerOf = (input: ImageShape, filters: number, size: Pair, options: Options = {}): Conv2dLayer =>
  network(input, conv2d(filters, size, options), flatten(), dense(3)).layers[0] as Conv2dLayer;

test.for<[ImageShape, number, Pair, Options, boolean]>([
  [[2, 2, 512], 512, [3, 3], {}, true],
  [[4, 4, 512], 512, [3, 2], {}, true],
  [[4, 4, 512], 500, [3, 3], {}, false],
  [[4, 4, 512], 512, [3, 3], { dilation: [2, 2] }, false],
  [[16, 16, 64], 128, [3, 3], {}, false],
  [[14, 14, 32], 64, [5, 5], {}, false],
])('%o with %i filters of %o %o goes over images: %s', ([input, filters, size, options, expected]) => {
  expect(convolutionWay(layerOf(input, filters, size, options), false) === 'over images').toBe(expected);
});

test.for<[ImageShape, Pair, Options]>([
  [[2, 2, 1], [3, 3], {}],
  [[5, 4, 1], [3, 2], { strides: [2, 1] }],
  [[3, 3, 1], [2, 2], { strides: [3, 3], padding: 'valid' }],
  [[1, 1, 1], [5, 5], {}],
])('a window on %o of %o %o meets the pixels that it lies on', ([input, size, options]) => {
  const layer = layerOf(input, 1, size, options);
  const expected: string[] = [];
  for (let y = 0; y < layer.output[0]; y++)
    for (let x = 0; x < layer.output[1]; x++)
      for (let ty = 0; ty < size[0]; ty++)
        for (let tx = 0; tx < size[1]; tx++) {
          const [iy, ix] = [
            y * layer.strides[0] + ty - layer.padding.top,
            x * layer.strides[1] + tx - layer.padding.left,
          ];
          if (iy >= 0 && iy < input[0] && ix >= 0 && ix < input[1])
            expected.push(`${ty * size[1] + tx} ${iy * input[1] + ix} ${y * layer.output[1] + x}`);
        }
  const met = meetingsOf(layer).map(
    ({ tap, inputPixel, outputPixel }) => `${tap} ${inputPixel} ${outputPixel}`,
  );
  expect(met).toEqual(expected);
  expect(tapRowsOf(layer)).toHaveLength(layer.output[0] * layer.output[1]);
});

describe.for(kernelVariants)('the $name kernels', ({ name }) => {
  test('add up a batch of many images', async () => {
    const small = network([2, 2, 24], conv2d(48, [3, 3]), flatten(), dense(3));
    const work = workbench({
      ...{ factory: wasmEngine, kernels: await compiled(name), network: small, maxExamples: 150 },
    });
    const indices = Array.from({ length: 150 }, (_, place) => (place * 4) % rows);
    const expected = new Float64Array(small.parameterCount);
    for (const row of new Set(indices)) {
      const times = indices.filter((other) => other === row).length;
      work.gradient({ indices: [row] }).gradient.forEach((value, place) => {
        expected[place] += times * value;
      });
    }
    const { gradient, strayWrites } = work.gradient({ indices });
    expect(relativeError(gradient, expected)).toBeLessThanOrEqual(2e-6);
    expect(strayWrites).toEqual([]);
  });
});
