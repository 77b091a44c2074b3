import '../../src/model/tfjs/cpu-backend.ts';
import {
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { checkWords } from '../../src/coordinator/examples/check-words.ts';
import { inputsFor } from '../../src/coordinator/examples/words.ts';
import { modelSpec } from '../../src/model/tfjs/layers-model.ts';

const embedding = (maskZero: boolean) =>
  layers.embedding({ inputDim: 9, outputDim: 2, inputLength: 3, maskZero });
const bytes = { inputType: 'uint8', inputs: Uint8Array.of(0, 3, 8) } as const;
const networkOf = (made: LayersModel) => modelSpec(made).network;
const masked = sequential({
  layers: [embedding(true), layers.lstm({ units: 2 }), layers.dense({ units: 2 })],
});

function alsoAsValues(): LayersModel {
  const words = input({ shape: [3] });
  const vectors = layers.flatten().apply(embedding(false).apply(words)) as SymbolicTensor;
  const all = layers.concatenate().apply([vectors, words]);
  return model({ inputs: words, outputs: layers.dense({ units: 2 }).apply(all) as SymbolicTensor });
}

test('bytes that only embeddings read are the words themselves', () => {
  expect(inputsFor(bytes, networkOf(masked))).toEqual({
    inputType: 'float32',
    inputs: Float32Array.of(0, 3, 8),
  });
});

test('others stay shares of 255, and floats what they are', () => {
  const both = networkOf(alsoAsValues());
  const set = {
    ...bytes,
    shape: [3],
    count: 1,
    targetType: 'class',
    targets: Uint32Array.of(0),
    width: 2,
  } as const;
  expect(() => checkWords(both, set, 'the set')).toThrow(
    'got uint8 values, which stand for value / 255, in the set; give them as Int32Array or Float32Array',
  );
  expect(inputsFor(bytes, both)).toEqual(bytes);
  expect(
    inputsFor(bytes, networkOf(sequential({ layers: [layers.dense({ inputShape: [3], units: 2 })] }))),
  ).toEqual(bytes);
  const floats = { inputType: 'float32', inputs: Float32Array.of(0, 3, 8) } as const;
  expect(inputsFor(floats, networkOf(masked))).toEqual(floats);
});
