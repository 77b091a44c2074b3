import { expect, test } from 'vitest';
import { checkWords } from '../../src/coordinator/examples/check-words.ts';
import { examplesFor } from '../../src/coordinator/examples/targets.ts';
import { dataset } from '../../src/data/dataset.ts';
import { dense, embedding, flatten, network } from '../../testing/engine/network-builder.ts';

const model = network([2], embedding(5, 3), flatten(), dense(2));
const check = (inputs: Int32Array | Float32Array | Uint8Array) => {
  const data = dataset({ inputs, labels: [0, 1], shape: [2] });
  checkWords(model, examplesFor('softmaxCrossEntropy', data, model, 'the test set'), 'the test set');
};
const expected = 'Expected the inputs of layer "layer0" (embedding) to be whole numbers from 0 to 4';

test('words that an embedding has are taken, also with fractions, as TensorFlow.js cuts them off', () => {
  expect(() => check(Int32Array.from([0, 4, 1, 2]))).not.toThrow();
  expect(() => check(Float32Array.from([0, 4.75, -0.5, 2]))).not.toThrow();
});

test.for([
  [Int32Array.from([0, 4, 1, 5]), 'got 5 in example 1 of the test set'],
  [Int32Array.from([-1, 4, 1, 4]), 'got -1 in example 0 of the test set'],
  [Float32Array.from([0, 1, 1e9, 0]), 'got 1000000000 in example 1 of the test set'],
  [Uint8Array.from([0, 1, 9, 0]), 'got 9 in example 1 of the test set'],
] as const)('others are refused: %s', ([inputs, got]) => {
  expect(() => check(inputs)).toThrow(`${expected}, ${got}`);
});
