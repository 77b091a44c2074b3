/** That noise has the mean and the variance that it is to have; test/engine compares what the engines draw. */
import { describe, expect, test } from 'vitest';
import type { NoiseLayer } from '../../src/model/network.ts';
import { disturbanceOf } from '../../src/model/noise-layers.ts';
import { layerWord } from '../../src/random.ts';

const count = 40_000;

const layerOf = (noise: NoiseLayer['noise'], amount: number): NoiseLayer => ({
  ...{ kind: 'noise', name: 'noise', index: 3, reads: [0], input: [count / 4, 4], output: [count / 4, 4] },
  ...{ noise, amount },
});

const disturbances = (layer: NoiseLayer) =>
  Array.from({ length: count }, (_, element) =>
    disturbanceOf(layer, element, (place) => layerWord(5, 2, layer.index, 7, place)),
  );

function momentsOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

describe('noise', () => {
  test('of a standard deviation is added with that, and with the mean 0', () => {
    const all = disturbances(layerOf('gaussianNoise', 0.5));
    expect(all.every(({ factor }) => factor === 1)).toBe(true);
    const { mean, variance } = momentsOf(all.map(({ shift }) => shift));
    expect(mean).toBeCloseTo(0, 1.5);
    expect(variance).toBeCloseTo(0.25, 2);
  });

  test('of gaussian dropout has the mean 1 and the variance rate / (1 - rate)', () => {
    const all = disturbances(layerOf('gaussianDropout', 0.2));
    expect(all.every(({ shift }) => shift === 0)).toBe(true);
    const { mean, variance } = momentsOf(all.map(({ factor }) => factor));
    expect(mean).toBeCloseTo(1, 1.5);
    expect(variance).toBeCloseTo(0.25, 2);
  });

  test('is normal: neighbours are uncorrelated, and as many lie beyond one and two deviations as should', () => {
    const shifts = disturbances(layerOf('gaussianNoise', 1)).map(({ shift }) => shift);
    const beyond = (limit: number) => shifts.filter((value) => Math.abs(value) > limit).length / count;
    expect(beyond(1)).toBeCloseTo(0.3173, 1.7);
    expect(beyond(2)).toBeCloseTo(0.0455, 2);
    const products = shifts.map((value, i) => value * shifts[(i + 1) % count]);
    expect(momentsOf(products).mean).toBeCloseTo(0, 1.5);
  });

  test('of alpha dropout leaves mean 0 and variance 1 as they are', () => {
    const values = disturbances(layerOf('gaussianNoise', 1)).map(({ shift }) => shift);
    const all = disturbances({ ...layerOf('alphaDropout', 0.3), index: 4 });
    const { mean, variance } = momentsOf(values.map((value, i) => all[i].factor * value + all[i].shift));
    expect(mean).toBeCloseTo(0, 1.5);
    expect(variance).toBeCloseTo(1, 1.2);
    expect(all.filter(({ factor }) => factor === 0).length / count).toBeCloseTo(0.3, 1.7);
  });

  test('of alpha dropout drops to the lowest value of selu', () => {
    const layer = layerOf('alphaDropout', 0.3);
    const [kept, dropped] = [2 ** 32 - 1, 0].map((word) => disturbanceOf(layer, 0, () => word));
    const lowest = -1.0507009873554805 * 1.6732632423543772;
    expect(dropped.factor).toBe(0);
    expect(dropped.shift).toBeCloseTo(kept.factor * lowest + kept.shift, 12);
  });

  test('of a spatial dropout is the same in every step, and keeps 1 - rate of the channels', () => {
    const layer = layerOf('spatialDropout1d', 0.25);
    const all = disturbances(layer);
    all.forEach(({ factor }, i) => {
      expect(factor).toBe(all[i % 4].factor);
    });
    const wide = disturbances({ ...layer, output: [1, count] });
    expect(wide.filter(({ factor }) => factor === 1 / 0.75).length / count).toBeCloseTo(0.75, 1.7);
  });
});
