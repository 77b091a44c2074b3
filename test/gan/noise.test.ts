import { expect, test } from 'vitest';
import { fillWithNoise, noiseFiller, noiseStream } from '../../src/gan/noise.ts';
import { chooseKernels } from '../../src/kernels/choose-kernels.ts';

test('noise has mean 0 and deviation 1, and a value is a function of seed, stream and place', () => {
  const drawn = (seed: number, stream: number, count: number) => {
    const values = new Float32Array(count);
    fillWithNoise(seed, stream, values);
    return values;
  };
  const values = drawn(1, 2, 20_000);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  expect(drawn(1, 2, 10)).toEqual(values.slice(0, 10));
  expect(drawn(1, 3, 10)).not.toEqual(values.slice(0, 10));
  expect(drawn(2, 2, 10)).not.toEqual(values.slice(0, 10));
});

test('no two phases of a training share their noise', () => {
  const steps = Array.from({ length: 100 }, (_, index) => index + 1);
  const streams = [
    noiseStream.ofSamples,
    ...steps.map(noiseStream.ofDiscriminator),
    ...steps.map(noiseStream.ofGenerator),
  ];
  expect(new Set(streams).size).toBe(201);
});

test('the kernels draw the noise of the plain form, to the last bit', async () => {
  const { module } = await chooseKernels('auto');
  const seed = 2 ** 33 + 7;
  const fill = noiseFiller(module, seed);
  for (const count of [1, 3, 1365, 3000]) {
    const [plain, drawn] = [new Float32Array(count), new Float32Array(count)];
    fillWithNoise(seed, 2 ** 32 - 1, plain);
    fill(2 ** 32 - 1, drawn);
    expect(drawn).toEqual(plain);
  }
});
