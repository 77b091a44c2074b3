import '../../src/model/tfjs/cpu-backend.ts';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { model as functional, input, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeWeight, readEntry } from '../../src/formats/layers-model/decode-weight.ts';
import { loadModel, saveModel } from '../../src/index.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "gradpool it's saved "));
});
afterAll(() => rmSync(directory, { recursive: true }));

const small = (): LayersModel =>
  sequential({
    layers: [
      layers.dense({ inputShape: [5], units: 4 }),
      layers.batchNormalization(),
      layers.leakyReLU(),
      layers.dense({ units: 1 }),
    ],
  });
/** Of whose depth multiplier TensorFlow.js's own configuration says nothing. */
const separable = (): LayersModel =>
  sequential({
    layers: [
      layers.separableConv2d({ inputShape: [4, 4, 2], filters: 3, kernelSize: 2, depthMultiplier: 3 }),
      layers.flatten(),
      layers.dense({ units: 1 }),
    ],
  });
const twoInputs = (): LayersModel => {
  const inputs = [input({ shape: [2] }), input({ shape: [3] })];
  const joined = layers.concatenate().apply(inputs) as (typeof inputs)[0];
  return functional({ inputs, outputs: layers.dense({ units: 1 }).apply(joined) as (typeof inputs)[0] });
};
const values = (model: LayersModel) => model.getWeights().map((weight) => weight.dataSync());

test.each([
  ['of one input', small],
  ['of two inputs', twoInputs],
  ['with a separable convolution', separable],
])(
  'a model %s is the same when it is loaded again, from its directory and from its model.json.',
  async (name, make) => {
    const model = make();
    const path = join(directory, name);
    await saveModel(model, path);
    for (const from of [path, join(path, 'model.json')])
      expect(values(await loadModel(from))).toEqual(values(model));
    expect(readdirSync(path).sort()).toEqual(['model.json', 'weights.bin']);
  },
);

test('with its optimizer it is compiled again, and trains on.', async () => {
  const [x, y] = [tf.randomUniform([8, 5], -1, 1, 'float32', 3), tf.ones([8, 1])];
  const model = small();
  model.compile({ loss: 'meanSquaredError', optimizer: tf.train.momentum(0.05, 0.9), metrics: ['mae'] });
  const more = { epochs: 2, shuffle: false, verbose: 0 } as const;
  await model.fit(x, y, more);
  await saveModel(model, join(directory, 'compiled'), { includeOptimizer: true });
  const loaded = await loadModel(join(directory, 'compiled'));
  for (const each of [model, loaded]) await each.fit(x, y, more);
  expect(values(loaded)).toEqual(values(model));
});

test('a model gives way to a model, and nothing else does.', async () => {
  const path = join(directory, 'again');
  await saveModel(small(), path);
  const second = small();
  await saveModel(second, path);
  expect(values(await loadModel(path))).toEqual(values(second));
  mkdirSync(join(directory, 'full'));
  writeFileSync(join(directory, 'full', 'thesis.txt'), '');
  writeFileSync(join(directory, 'file'), '');
  await expect(saveModel(second, join(directory, 'full'))).rejects.toThrow(/got one with "thesis.txt" in it/);
  await expect(saveModel(second, join(directory, 'file'))).rejects.toThrow(/to be a directory.* got a file/);
  second.dispose();
  await expect(saveModel(second, path)).rejects.toThrow(/is disposed/);
});

/** Every code of the quantised type where there are few, finite or not. */
const codes = { uint8: 2 ** 8, uint16: 2 ** 16, float16: 2 ** 16 };
test.each([
  ['uint8', 'float32'],
  ['uint16', 'float32'],
  ['uint8', 'int32'],
  ['uint16', 'int32'],
  ['float16', 'float32'],
] as const)('%s of %s is decoded as by tf.io.decodeWeights, bit for bit.', (stored, dtype) => {
  const count = codes[stored];
  const spec = {
    ...{ name: 'w', shape: [count], dtype },
    quantization: { dtype: stored, ...(stored === 'float16' ? {} : { scale: 0.0123, min: -1.7 }) },
  };
  const all = Array.from({ length: count }, (_, code) => code);
  const bytes = new Uint8Array((stored === 'uint8' ? Uint8Array.from(all) : Uint16Array.from(all)).buffer);
  const plain = tf.io.decodeWeights(bytes.buffer, [spec as tf.io.WeightsManifestEntry]).w.dataSync();
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  for (const given of [bytes, shifted.subarray(1)])
    expect(decodeWeight(readEntry(spec), given)).toEqual(Float32Array.from(plain));
});
