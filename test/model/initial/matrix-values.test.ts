/** Only TensorFlow.js's layers and its JavaScript backend are loaded here: no tensor has methods but those of gradpool. */
import '../../../src/model/tfjs/cpu-backend.ts';
import { linalg, randomNormal, sign, tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { initialValues } from '../../../src/model/initial/initial-values.ts';
import { orthogonal } from '../../../src/model/initial/matrix-values.ts';
import { readNetwork } from '../../../src/model/keras/read-network.ts';
import { relativeError, uniform } from '../../../testing/engine/values.ts';
import { dense, model } from '../../../testing/model/topologies.ts';

const parameter = (...shape: number[]) => ({
  ...{ name: 'w', shape, offset: 0, size: shape.reduce((size, length) => size * length, 1) },
  initializer: { className: 'Orthogonal', config: {} },
});

describe('orthogonal', () => {
  test.for([
    [5, 5],
    [7, 3],
    [3, 2, 4],
  ])('gives for the same draws what TensorFlow.js gives: [%i, %i, ...]', (shape) => {
    const weight = parameter(...shape);
    const draws = uniform(3, weight.size, -1, 1);
    let next = 0;
    const values = orthogonal(weight, 1.5, () => draws[next++]);
    const columns = shape[shape.length - 1];
    const rows = weight.size / columns;
    const [q, r] = linalg.qr(tensor(draws, [Math.max(rows, columns), Math.min(rows, columns)]), false);
    const count = Math.min(rows, columns);
    const signs = sign(r)
      .dataSync()
      .filter((_, at) => at % (count + 1) === 0);
    const expected = q.dataSync().map((value, at) => 1.5 * value * signs[at % count]);
    expect(relativeError(Float32Array.from(values), expected)).toBeLessThan(1e-5);
  });

  test('makes the shorter side orthonormal', () => {
    const draws = uniform(4, 3 * 8, -1, 1);
    let next = 0;
    const values = orthogonal(parameter(3, 8), 1, () => draws[next++]);
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++) {
        const along = values.subarray(a * 8, a * 8 + 8).reduce((sum, x, i) => sum + x * values[b * 8 + i], 0);
        expect(along).toBeCloseTo(a === b ? 1 : 0, 12);
      }
  });
});

const kernel = (initializer: object | string, inputs: number, units: number) =>
  initialValues(
    readNetwork(
      model(
        dense({ batch_input_shape: [null, inputs], units, use_bias: false, kernel_initializer: initializer }),
      ),
    ),
    1,
  );

test('identity is a square matrix with its gain on the diagonal', () => {
  const identity = { class_name: 'Identity', config: { gain: 2 } };
  expect([...kernel(identity, 3, 3)]).toEqual([2, 0, 0, 0, 2, 0, 0, 0, 2]);
  expect(() => kernel(identity, 3, 2)).toThrow('to be a square matrix, as its initializer, Identity, needs');
  expect(() =>
    initialValues(
      readNetwork(model(dense({ batch_input_shape: [null, 3], bias_initializer: 'orthogonal' }))),
      1,
    ),
  ).toThrow('Expected "dense/bias" to be two dimensions or more, as its initializer, Orthogonal, needs');
});

test("an lstm's bias begins with 1 for its carry, where it is to", () => {
  const lstm = (unit_forget_bias: boolean) => ({
    class_name: 'LSTM',
    config: { name: 'lstm', batch_input_shape: [null, 2, 3], units: 2, unit_forget_bias },
  });
  const [forgetful, plain] = [true, false].map((flag) => {
    const network = readNetwork(model(lstm(flag)));
    return [...initialValues(network, 1).subarray(network.parameters[2].offset)];
  });
  expect(forgetful).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  expect(plain).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test('a recurrent layer can be made with no more of TensorFlow.js than its layers', () => {
  expect('softmax' in randomNormal([2])).toBe(false);
  const made = sequential({ layers: [layers.lstm({ inputShape: [4, 2], units: 3 })] });
  const [, recurrent] = made.getWeights();
  const values = recurrent.dataSync<'float32'>();
  const length = values.slice(0, 12).reduce((sum, value) => sum + value ** 2, 0);
  expect(length).toBeCloseTo(1, 5);
});
