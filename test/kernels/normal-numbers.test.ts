/** The kernels' random words and normal numbers against their plain forms, and the same bits from every build. */
import { describe, expect, test } from 'vitest';
import { instantiateKernels, kernelStaticBytes } from '../../src/kernels/kernel-module.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { kernelVariants } from '../../src/kernels/variants.ts';
import { disturbanceOf } from '../../src/model/noise-layers.ts';
import { philox } from '../../src/random.ts';
import { compiled } from '../../testing/engine/compiled.ts';

const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
const [words, floats] = [new Uint32Array(memory.buffer), new Float32Array(memory.buffer)];
const [input, output] = [kernelStaticBytes, kernelStaticBytes + 2 ** 20];

const edges = [
  0,
  1,
  2 ** 29 - 1,
  2 ** 29,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
  3 * 2 ** 30,
  2 ** 32 - 2,
  2 ** 32 - 1,
];
/** Each edge with each, as a radius and an angle, then words in equal steps. */
const given = Uint32Array.from([
  ...edges.flatMap((radius) => edges.flatMap((angle) => [radius, angle])),
  ...Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 0x9e3779b1)),
]);

function normals(kernels: Kernels): Float32Array {
  words.set(given, input / 4);
  kernels.normalsOfWords(input, output, given.length);
  return floats.slice(output / 4, output / 4 + given.length);
}

const plain = (element: number): number =>
  disturbanceOf(
    {
      ...{ kind: 'noise', noise: 'gaussianNoise', amount: 1, name: 'noise', index: 0, reads: [0] },
      ...{ input: [given.length], output: [given.length] },
    },
    element,
    (place) => given[place],
  ).shift;

describe.for(kernelVariants)('the $name kernels', ({ name }) => {
  test('give normal numbers to half a unit in the last place and a hundredth.', async () => {
    const got = normals(instantiateKernels(await compiled(name), memory));
    let worst = 0;
    got.forEach((value, element) => {
      const expected = plain(element);
      const ulp = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(expected))), -126) - 23);
      // Where the plain form's own angle, a rounded multiple of pi, leaves more of a zero than there is.
      const error = Math.max(0, Math.abs(value - expected) - 1e-14) / ulp;
      if (!(error <= worst)) worst = error;
    });
    expect(worst).toBeLessThan(0.51);
  });

  test.for([1, 4, 5, 12, 15, 16, 29, 44])(
    'draw %i words as Philox, in whole blocks, and write no others.',
    async (count) => {
      const kernels = instantiateKernels(await compiled(name), memory);
      const whole = Math.ceil(count / 4) * 4;
      words.fill(7, output / 4, output / 4 + whole + 16);
      kernels.randomWords(output, 9, count, 5, 2 ** 32 - 1, 0x03000002, 0xdeadbeef, 0x01234567);
      const [expected, block] = [[] as number[], new Uint32Array(4)];
      for (let at = 0; at < count; at += 4) {
        philox(9 + at / 4, 5, 2 ** 32 - 1, 0x03000002, 0xdeadbeef, 0x01234567, block);
        expected.push(...block);
      }
      const guard = Array.from({ length: 16 }, () => 7);
      expect([...words.slice(output / 4, output / 4 + whole + 16)]).toEqual([...expected, ...guard]);
    },
  );
});

test('normal numbers have the same bits from every build.', async () => {
  const results = await Promise.all(
    kernelVariants.map(async ({ name }) =>
      Buffer.from(normals(instantiateKernels(await compiled(name), memory)).buffer),
    ),
  );
  for (const result of results) expect(result.equals(results[0])).toBe(true);
});
