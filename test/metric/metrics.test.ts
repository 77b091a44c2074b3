/** Against TensorFlow.js: test/api/fit/equivalence.test.ts. */
import { expect, test } from 'vitest';
import { createMeasure, isOfBatch, type MetricName, metricOfSums } from '../../src/metric/metrics.ts';

/** The sums of each metric over examples [first, first + count) of these. */
function measure(
  names: readonly MetricName[],
  predictions: readonly (readonly number[])[],
  targets: readonly (readonly number[])[] | readonly number[],
  [first, count] = [0, predictions.length],
  rows = 1,
): number[][] {
  const size = predictions[0].length;
  const targetType = typeof targets[0] === 'number' ? 'class' : 'vector';
  const buffer = new ArrayBuffer(8192);
  const [indicesOffset, targetsOffset, predictionsOffset] = [0, 1024, 4096];
  new Uint32Array(buffer, indicesOffset, predictions.length).set([...predictions.keys()]);
  if (targetType === 'class') new Uint32Array(buffer, targetsOffset, targets.length).set(targets as number[]);
  else new Float32Array(buffer, targetsOffset, targets.length * size).set(targets.flat());
  new Float32Array(buffer, predictionsOffset, predictions.length * size).set(predictions.flat());
  const batch = {
    ...{ indicesOffset, targetsOffset, predictionsOffset },
    count: predictions.length,
    targetType,
  };
  return createMeasure(names.map(ofOutput), [{ ...whole, size, rows }], buffer)(batch as never, first, count);
}

const whole = { tensor: 0, shape: [], offset: 0 };
const ofOutput = (metric: MetricName) => ({ metric, output: 0 });

/** The metric of all of these. */
const metricOf = (name: MetricName, ...[predictions, targets]: [number[][], number[][] | number[]]): number =>
  metricOfSums(ofOutput(name), measure([name], predictions, targets)[0], predictions.length);

test('topKCategoricalAccuracy is right where fewer than 5 classes are more probable, of a class and of a vector.', () => {
  const rising = [0, 1, 2, 3, 4, 5, 6];
  expect(
    [0, 1, 2, 3, 4, 5, 6].map((label) => metricOf('topKCategoricalAccuracy', [rising], [label])),
  ).toEqual([0, 0, 1, 1, 1, 1, 1]);
  expect(metricOf('topKCategoricalAccuracy', [rising], [[0, 1, 0, 0, 0, 0, 0]])).toBe(0);
  expect(metricOf('topKCategoricalAccuracy', [[1, 1, 1, 1, 1, 1, 1]], [6])).toBe(1);
});

test('precision and recall count outputs that are exactly 0 or 1, and are 0 where there are none.', () => {
  const targets = [
    [1, 0, 1, 0],
    [1, 1, 0, 0],
  ];
  const predictions = [
    [1, 1, 0, 0.9],
    [1, 0.5, 0, 1],
  ];
  expect(metricOf('precision', predictions, targets)).toBe(2 / 4);
  expect(metricOf('recall', predictions, targets)).toBe(2 / 3);
  expect(metricOf('precision', [[0.5]], [[1]])).toBe(0);
  expect(metricOf('recall', [[1]], [[0]])).toBe(0);
});

test('precision, recall and r2Score are of a batch: of sums, however it was cut.', () => {
  const names = ['precision', 'recall', 'r2Score'] as const;
  const predictions = [
    [1, 0],
    [0, 1],
    [1, 1],
    [0.25, 1],
  ];
  const targets = [
    [1, 1],
    [0, 0],
    [1, 0],
    [0.5, 1],
  ];
  const parts = [measure(names, predictions, targets, [0, 3]), measure(names, predictions, targets, [3, 1])];
  const whole = measure(names, predictions, targets);
  expect(whole).toEqual(parts[0].map((sums, metric) => sums.map((sum, i) => sum + parts[1][metric][i])));
  const values = names.map((name, metric) => metricOfSums(ofOutput(name), whole[metric], 4));
  expect(values).toEqual([3 / 5, 3 / 4, 1 - 3.0625 / (4.25 - 4.5 ** 2 / 8)]);
  expect(names.map((name) => isOfBatch(ofOutput(name)))).toEqual([true, true, true]);
  expect(isOfBatch(ofOutput('cosineProximity'))).toBe(false);
});

test('rows of an output count one by one for a metric of a batch, and by their mean for others.', () => {
  const [recall, accuracy] = measure(
    ['recall', 'categoricalAccuracy'],
    [[1, 0, 0, 1, 0.5, 0.25]],
    [[1, 0, 1, 0, 1, 0]],
    [0, 1],
    3,
  );
  expect(recall).toEqual([1, 2]);
  expect(accuracy).toEqual([2 / 3]);
});

test('r2Score of targets that are all alike is what TensorFlow.js makes of it.', () => {
  expect(metricOf('r2Score', [[1], [3]], [[2], [2]])).toBe(Number.NEGATIVE_INFINITY);
  expect(metricOf('r2Score', [[2]], [[2]])).toBeNaN();
});

test('a class counts as a vector for all but sparseCategoricalAccuracy, and several metrics are measured at once.', () => {
  const [accuracy, entropy, sparse] = measure(
    ['sparseCategoricalAccuracy', 'categoricalCrossentropy', 'sparseCategoricalCrossentropy'],
    [
      [0.25, 0.75],
      [0.5, 0.5],
    ],
    [1, 1],
  );
  expect(accuracy).toEqual([1]);
  expect(entropy[0]).toBeCloseTo(-Math.log(0.75) - Math.log(0.5), 6);
  expect(sparse).toEqual(entropy);
});
