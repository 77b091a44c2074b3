import type { ExampleBatch } from '../engine/engine.ts';
import type { MetricName } from '../protocol.ts';

/** One example's measure, as TensorFlow.js's function of that name has it. */
type Metric = (prediction: Float32Array, target: ArrayLike<number>) => number;

const mean = (prediction: Float32Array, of: (p: number, i: number) => number): number =>
  prediction.reduce((sum, p, i) => sum + of(p, i), 0) / prediction.length;

/** The first of the largest. */
const largestAt = (values: Float32Array): number =>
  values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

/** Targets: a class number for `sparse...`, else a vector. */
const metrics: Readonly<Record<MetricName, Metric>> = {
  binaryAccuracy: (prediction, target) => mean(prediction, (p, i) => Number((p > 0.5 ? 1 : 0) === target[i])),
  categoricalAccuracy: (prediction, target) =>
    Number(largestAt(prediction) === largestAt(target as Float32Array)),
  sparseCategoricalAccuracy: (prediction, target) => Number(largestAt(prediction) === target[0]),
  meanSquaredError: (prediction, target) => mean(prediction, (p, i) => (p - target[i]) ** 2),
  meanAbsoluteError: (prediction, target) => mean(prediction, (p, i) => Math.abs(p - target[i])),
};

/** Sums of metrics over examples [first, first + count) of a batch whose predictions are written. */
export type Measure = (batch: ExampleBatch, first: number, count: number) => number[];

/** @param size values of a prediction */
export function createMeasure(names: readonly MetricName[], size: number, buffer: ArrayBufferLike): Measure {
  const wanted = names.map((name) => metrics[name]);
  return (batch, first, count) => {
    const sums = wanted.map(() => 0);
    if (wanted.length === 0) return sums;
    const indices = new Uint32Array(buffer, batch.indicesOffset, batch.count);
    for (let example = first; example < first + count; example++) {
      const prediction = new Float32Array(buffer, batch.predictionsOffset + example * size * 4, size);
      const target = targetOf(buffer, batch, indices[example], size);
      for (const [i, metric] of wanted.entries()) sums[i] += metric(prediction, target);
    }
    return sums;
  };
}

const targetOf = (buffer: ArrayBufferLike, batch: ExampleBatch, row: number, size: number) =>
  batch.targetType === 'class'
    ? new Uint32Array(buffer, batch.targetsOffset + row * 4, 1)
    : new Float32Array(buffer, batch.targetsOffset + row * size * 4, size);
