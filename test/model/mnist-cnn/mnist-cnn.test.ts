import { tensor } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { mnistCnn } from '../../../src/model/mnist-cnn/mnist-cnn.ts';
import { mnistCnnSpec } from '../../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { modelSpec, setParameters } from '../../../src/model/tfjs/layers-model.ts';

const small = { inputShape: [8, 8, 2], classes: 3 };

describe('mnistCnn', () => {
  test('has the 3,274,634 parameters of the tutorial network and gives logits', () => {
    const model = mnistCnn();
    expect(model.countParams()).toBe(3_274_634);
    expect(model.outputShape).toEqual([null, 10]);
    expect(modelSpec(model).network.endsInSoftmax).toBe(false);
    model.dispose();
  });

  test('has the same topology, network and values as its plain specification', () => {
    const model = mnistCnn({ seed: 7, ...small });
    expect(modelSpec(model)).toEqual(mnistCnnSpec({ seed: 7, ...small }));
  });

  test('has layers in the order of the tutorial', () => {
    const kinds = mnistCnnSpec(small).network.layers.map(({ kind }) => kind);
    expect(kinds.join(' ')).toBe(
      'conv2d activation maxPooling2d conv2d activation maxPooling2d dense activation dropout dense',
    );
  });

  test('begins with other values for another seed and with the same ones for the same seed', () => {
    const values = (seed: number) => mnistCnnSpec({ seed, ...small }).parameters;
    expect(values(1)).toEqual(values(1));
    expect(values(1)).not.toEqual(values(2));
  });

  test('begins with biases of zero and kernels within the Glorot limit', () => {
    const { network, parameters } = mnistCnnSpec();
    const of = (name: string) => {
      const { offset, size } = network.parameters.find((parameter) => parameter.name === name) ?? {
        offset: 0,
        size: 0,
      };
      return parameters.subarray(offset, offset + size);
    };
    expect(of('dense/bias').every((value) => value === 0)).toBe(true);
    const limit = Math.sqrt(6 / (25 * 32 + 25 * 64));
    const kernel = of('conv2d_2/kernel');
    const largest = kernel.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(Math.fround(limit));
    expect(largest).toBeGreaterThan(limit * 0.999);
  });

  test.each([[[3, 28, 1]], [[28, 3, 1]], [[28, 28]], [[0, 28, 1]], [[28.5, 28, 1]]])(
    'refuses images of shape %j',
    (inputShape) => {
      expect(() => mnistCnn({ inputShape })).toThrow(
        `Expected \`inputShape\` to be [height, width, channels] with images of at least 4 by 4, which pooling halves twice, got [${inputShape.join(', ')}]`,
      );
    },
  );

  test('takes images of 4 by 4', () => {
    expect(mnistCnnSpec({ inputShape: [4, 4, 1] }).network.classes).toBe(10);
  });

  test.each([1, 0, -1, 2.5, Number.NaN])('refuses %d classes', (classes) => {
    expect(() => mnistCnn({ classes })).toThrow('Expected `classes` to be an integer from 2');
  });
});

describe('setParameters', () => {
  test('writes values into the model and keeps no hold of the array', async () => {
    const model = mnistCnn(small);
    const { network } = modelSpec(model);
    const values = Float32Array.from({ length: network.parameterCount }, (_, index) => index / 8);
    const given = new Float32Array(new SharedArrayBuffer(values.byteLength));
    given.set(values);
    await setParameters({ weights: model.weights, network }, given);
    given.fill(-1);
    expect(modelSpec(model).parameters).toEqual(values);
  });

  test('changes what the model predicts', async () => {
    const model = mnistCnn(small);
    const { network } = modelSpec(model);
    await setParameters({ weights: model.weights, network }, new Float32Array(network.parameterCount));
    const logits = model.predict(tensor(new Float32Array(128).fill(1), [1, 8, 8, 2]));
    expect(Array.isArray(logits) ? [] : [...logits.dataSync()]).toEqual([0, 0, 0]);
  });
});

test('modelSpec refuses what is no layers model and says what it got', () => {
  const fake = { layers: [] } as unknown as Parameters<typeof modelSpec>[0];
  expect(() => modelSpec(fake)).toThrow(
    'Expected a TensorFlow.js layers model (tf.LayersModel), got a plain object',
  );
});

test.each<[string, () => unknown, RegExp]>([
  [
    'fails',
    () => {
      throw new TypeError('mine');
    },
    /^Could not take the model's architecture: its toJSON failed: mine$/,
  ],
  ['gives nothing', () => undefined, /^Expected the model's toJSON to give an object, got null$/],
])('modelSpec refuses a model whose toJSON %s', (_, toJSON, message) => {
  const fake = { toJSON, getWeights: () => [] } as unknown as Parameters<typeof modelSpec>[0];
  expect(() => modelSpec(fake)).toThrow(message);
});
