import { expect, test } from 'vitest';
import { createCurves } from '../../src/pages/curves.ts';

const evaluation = { kind: 'evaluation', step: 1, loss: 0.5 } as const;

test.for([
  ['the accuracy of all examples', { accuracy: 0.75, metrics: { accuracy: 0.25, mse: 2 } }, 0.75],
  ['the metric of that name, where there is no other', { metrics: { accuracy: 0.25, mse: 2 } }, 0.25],
] as const)('the curve of accuracy is %s', ([, measured, accuracy]) => {
  const curves = createCurves({ batchSize: 1, buckets: 10 });
  curves.add({ ...evaluation, ...measured });
  const values = Object.fromEntries(curves.curves().map(({ chart, y }) => [chart, y]));
  expect(values).toEqual({ loss: [0.5], accuracy: [accuracy], mse: [2] });
});
