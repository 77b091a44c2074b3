/**
 * Functions of float32 in vectors against float64, over the whole range of float32: denormal numbers, infinities, zeros of
 * either sign and NaN too; and the same bits from every build.
 */
import { describe, expect, test } from 'vitest';
import { valueAt } from '../../src/engine/reference/layers/activation.ts';
import { instantiateKernels, kernelStaticBytes } from '../../src/kernels/kernel-module.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { kernelVariants } from '../../src/kernels/variants.ts';
import { compiled } from '../../testing/engine/compiled.ts';

const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
const floats = new Float32Array(memory.buffer);

const edges = [0, -0, Infinity, -Infinity, NaN, 2 ** -149, -(2 ** -149), 2 ** -127, 3e38, -3e38];
/** Bit patterns in equal steps: as many values in each power of two, of either sign. */
const patterns = new Float32Array(Uint32Array.from({ length: 65_528 }, (_, i) => i * 65_543).buffer);
/** Also not a multiple of a vector. */
const values = Float32Array.from([...edges, ...patterns, 0.5]);
const [input, output] = [kernelStaticBytes, kernelStaticBytes + 2 ** 19];

function computed(kernels: Kernels, name: `${Name}Forward`): Float32Array {
  floats.set(values, input / 4);
  kernels[name](input, output, values.length, 0);
  return floats.slice(output / 4, output / 4 + values.length);
}

/** Distance from one float32 to the next at a value. */
const ulpAt = (value: number): number => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -126) - 23);

/** `ulps` where the value is at least `least`; below that, as much as there. */
const cases = {
  sigmoid: { ulps: 2.2, least: 0, far: [1, 0] },
  tanh: { ulps: 2.6, least: 0, far: [1, -1] },
  elu: { ulps: 1, least: 0, far: [Infinity, -1] },
  selu: { ulps: 1.8, least: 0, far: [Infinity, -1.7580993175506592] },
  softplus: { ulps: 2.6, least: 0, far: [Infinity, 0] },
  swish: { ulps: 2.6, least: 2 ** -110, far: [Infinity, NaN] },
  mish: { ulps: 3.2, least: 2 ** -110, far: [Infinity, NaN] },
  gelu: { ulps: 16, least: 2 ** -10, far: [Infinity, NaN] },
  geluNew: { ulps: 12, least: 2 ** -10, far: [Infinity, NaN] },
} as const;
type Name = keyof typeof cases;
const names = Object.keys(cases) as Name[];

describe.for(kernelVariants)('the $name kernels', ({ name: variant }) => {
  test.for(names)('%s is as near to float64 as it says', async (name) => {
    const kernels = instantiateKernels(await compiled(variant), memory);
    const { ulps, least, far } = cases[name];
    const got = computed(kernels, `${name}Forward`);
    let worst = { error: 0, at: 0 };
    got.forEach((value, index) => {
      const at = values[index];
      if (!Number.isFinite(at)) return;
      const expected = valueAt({ activation: name }, at);
      const difference = value === Math.fround(expected) ? 0 : Math.abs(value - expected);
      const error = difference / ulpAt(Math.max(Math.abs(expected), least));
      if (!(error <= worst.error)) worst = { error, at };
    });
    expect(worst.error, `at ${worst.at}`).toBeLessThan(ulps);
    expect([...got.slice(2, 5)]).toEqual([...far, NaN]);
    const zero = valueAt({ activation: name }, 0);
    expect([...got.slice(0, 2)]).toEqual(zero === 0 ? [0, -0] : [Math.fround(zero), Math.fround(zero)]);
  });

  test('a softmax keeps what is small beside the largest, and a NaN in its row alone', async () => {
    const kernels = instantiateKernels(await compiled(variant), memory);
    const rows = [
      [0, -50, -100],
      [3, NaN, 2],
      [88, 88, 88],
    ];
    floats.set(rows.flat(), input / 4);
    kernels.softmaxRows(input, output, 3, 3);
    const got = [...floats.slice(output / 4, output / 4 + 9)];
    expect(got[0]).toBe(1);
    expect(got[1] / Math.exp(-50)).toBeCloseTo(1, 6);
    expect(Math.abs(got[2] - Math.exp(-100))).toBeLessThan(2 ** -148);
    expect(got.slice(3, 6)).toEqual([NaN, NaN, NaN]);
    expect(got.slice(6)).toEqual([1, 1, 1].map((one) => Math.fround(one / 3)));
  });
});

test.for(names)('%s has the same bits from every build', async (name) => {
  const results = await Promise.all(
    kernelVariants.map(async (variant) => {
      const kernels = instantiateKernels(await compiled(variant.name), memory);
      return Buffer.from(computed(kernels, `${name}Forward`).buffer);
    }),
  );
  for (const result of results) expect(result.equals(results[0])).toBe(true);
});
