import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { dataset } from '../../src/data/dataset.ts';
import { evaluationData } from '../../src/pages/evaluation-data.ts';

const of = (shape: number[], labels: number[], classes = 3) =>
  dataset({
    inputs: Uint8Array.from({ length: labels.length * shape.reduce((a, b) => a * b) }, (_, at) => at % 256),
    ...{ labels, shape, classes },
  });

const prediction = {
  classes: Uint32Array.of(0, 2, 1, 2),
  probabilities: Float32Array.of(0.8, 0.1, 0.1, 0.1, 0.2, 0.7, 0.2, 0.5, 0.3, 0.25, 0.125, 0.625),
};

test('What is taken for what is counted, and the worst mistakes come first, with their images', () => {
  const { confusion, pairs, mistakes, ...rest } = evaluationData(
    7,
    of([2, 2, 1], [0, 1, 1, 0]),
    prediction,
    3,
  );
  expect(rest).toEqual({ step: 7, count: 4, accuracy: 0.5 });
  expect(confusion).toEqual([
    [1, 0, 1],
    [0, 1, 1],
    [0, 0, 0],
  ]);
  expect(pairs).toEqual([
    { label: 0, predicted: 2, count: 1 },
    { label: 1, predicted: 2, count: 1 },
  ]);
  expect(mistakes).toMatchObject([
    { index: 1, label: 1, predicted: 2, probabilityOfLabel: 0.2, probability: 0.7 },
    { index: 3, label: 0, predicted: 2, probabilityOfLabel: 0.25, probability: 0.625 },
  ]);
  const png = Buffer.from(mistakes[0].picture?.png.split(',')[1] ?? '', 'base64');
  expect([...decode(png).data]).toEqual([4, 5, 6, 7]);
});

test('Names of classes travel along', () => {
  const named = { ...of([4], [0, 1, 1, 0]), classNames: ['ant', 'bee', 'cat'] };
  expect(evaluationData(1, named, prediction, 3).classNames).toEqual(['ant', 'bee', 'cat']);
  expect(evaluationData(1, of([4], [0, 1, 1, 0]), prediction, 3)).not.toHaveProperty('classNames');
});

test('What is no image has no picture, and a thousand classes have no table', () => {
  const { confusion, pairs, mistakes } = evaluationData(1, of([4], [0, 1, 1, 0], 1000), prediction, 3);
  expect(confusion).toBeUndefined();
  expect(pairs).toHaveLength(2);
  expect(mistakes[0].picture).toBeUndefined();
});

test('One output says which of two classes', () => {
  const two = { classes: Uint32Array.of(0, 1), probabilities: Float32Array.of(0.25, 0.75) };
  const { mistakes, confusion } = evaluationData(1, of([4], [1, 0], 2), two, 1);
  expect(mistakes.map(({ probabilityOfLabel, probability }) => [probabilityOfLabel, probability])).toEqual([
    [0.25, 0.75],
    [0.25, 0.75],
  ]);
  expect(confusion).toEqual([
    [0, 1],
    [1, 0],
  ]);
});
