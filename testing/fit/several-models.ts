/** Models with several inputs and outputs, and tensors for them. */
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  type ModelCompileArgs,
  model,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import type { TensorBatch } from '../../src/index.ts';
import { integers, uniform } from '../engine/values.ts';
import { setWeights } from './models.ts';

export interface SeveralCase {
  make(): LayersModel;
  readonly compile: Pick<ModelCompileArgs, 'loss' | 'metrics'>;
  /** In the order of the model's inputs and outputs. */
  x(examples: number): tf.Tensor[];
  y(examples: number): tf.Tensor[];
  /** By output name. */
  readonly classWeight?: Record<string, Record<number, number>>;
}

const dense = (name: string, units: number, activation: 'tanh' | 'relu' | 'softmax' | 'linear') =>
  layers.dense({ name, units, activation });
const apply = (layer: ReturnType<typeof dense>, ...read: SymbolicTensor[]) =>
  layer.apply(read.length === 1 ? read[0] : read) as SymbolicTensor;

const reals = (stream: number, ...shape: number[]) =>
  tf.tensor(
    uniform(
      stream,
      shape.reduce((a, b) => a * b),
      -1,
      1,
    ),
    shape,
  );
const oneHot = (stream: number, examples: number, classes: number): tf.Tensor =>
  tf.cast(tf.oneHot(tf.tensor1d(integers(stream, examples, classes), 'int32'), classes), 'float32');
const classNumbers = (stream: number, examples: number, classes: number): tf.Tensor =>
  tf.tensor2d(integers(stream, examples, classes), [examples, 1]);

/** The second output is read by what makes the first, through a layer that could write over it. */
function twoOutputs(): LayersModel {
  const values = input({ shape: [5], name: 'values' });
  const trunk = apply(dense('trunk', 6, 'linear'), values);
  const positive = layers.reLU().apply(trunk) as SymbolicTensor;
  return model({ inputs: values, outputs: [apply(dense('kind', 3, 'softmax'), positive), trunk] });
}

function twoInputs(): LayersModel {
  const image = input({ shape: [5, 4, 2], name: 'image' });
  const values = input({ shape: [3], name: 'values' });
  const convolved = layers
    .conv2d({ filters: 3, kernelSize: 3, activation: 'relu', name: 'convolved' })
    .apply(image) as SymbolicTensor;
  const pooled = layers.maxPooling2d({ poolSize: 2, strides: 1 }).apply(convolved) as SymbolicTensor;
  const flat = layers.flatten().apply(pooled) as SymbolicTensor;
  const all = layers.concatenate().apply([flat, apply(dense('more', 4, 'tanh'), values)]) as SymbolicTensor;
  return model({ inputs: [image, values], outputs: apply(dense('kind', 3, 'softmax'), all) });
}

/** @param hasSequence whether one more output is of each time of a sequence */
function twoOfEach(hasSequence: boolean): LayersModel {
  const [times, values] = [input({ shape: [4, 2], name: 'times' }), input({ shape: [3], name: 'values' })];
  const steps = layers.gru({ units: 5, returnSequences: true, name: 'steps' }).apply(times) as SymbolicTensor;
  const flat = layers.flatten().apply(steps) as SymbolicTensor;
  const all = layers.concatenate().apply([apply(dense('more', 4, 'relu'), values), flat]) as SymbolicTensor;
  const size = apply(dense('size', 1, 'linear'), all);
  const kind = apply(dense('kind', 3, 'softmax'), all);
  const each = hasSequence ? [apply(dense('each', 2, 'softmax'), steps)] : [];
  return model({ inputs: [values, times], outputs: [size, kind, ...each] });
}

const seeded = (make: () => LayersModel) => () => {
  const made = make();
  setWeights(made, 3);
  return made;
};

const losses = { kind: 'sparseCategoricalCrossentropy', size: 'meanAbsoluteError' } as const;

export const severalCases: Readonly<Record<string, SeveralCase>> = {
  'two outputs, one of them in the middle': {
    make: seeded(twoOutputs),
    compile: { loss: ['categoricalCrossentropy', 'meanSquaredError'], metrics: ['mse'] },
    x: (examples) => [reals(41, examples, 5)],
    y: (examples) => [oneHot(42, examples, 3), reals(43, examples, 6)],
  },
  'two inputs': {
    make: seeded(twoInputs),
    compile: { loss: 'categoricalCrossentropy', metrics: ['accuracy'] },
    x: (examples) => [reals(44, examples, 5, 4, 2), reals(45, examples, 3)],
    y: (examples) => [oneHot(46, examples, 3)],
  },
  'two inputs and two outputs, with weights of classes': {
    make: seeded(() => twoOfEach(false)),
    compile: { loss: losses, metrics: { kind: 'accuracy', size: ['mse', 'mae'] as never } },
    x: (examples) => [reals(47, examples, 3), reals(48, examples, 4, 2)],
    y: (examples) => [reals(49, examples, 1), classNumbers(50, examples, 3)],
    classWeight: { kind: { 0: 0.5, 1: 2, 2: 1.25 } },
  },
};

/** TensorFlow.js cannot add the losses of a vector and of a sequence. */
export const withSequence: SeveralCase = {
  make: seeded(() => twoOfEach(true)),
  compile: { loss: { ...losses, each: 'categoricalCrossentropy' }, metrics: ['accuracy'] },
  x: (examples) => [reals(47, examples, 3), reals(48, examples, 4, 2)],
  y: (examples) => [
    reals(49, examples, 1),
    classNumbers(50, examples, 3),
    tf.reshape(oneHot(51, examples * 4, 2), [examples, 4, 2]),
  ],
};

/** As an object. */
export const byName = (names: readonly string[], tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> =>
  Object.fromEntries(names.map((name, place) => [name, tensors[place]]));

/** A case's model, compiled. */
export function compiledCase({ make, compile }: SeveralCase): LayersModel {
  const made = make();
  made.compile({ ...compile, optimizer: tf.train.sgd(0.2) });
  return made;
}

/** Batches of 8, 8 and 6 examples, new ones each time: in lists, or by name. */
export function batchesOf(one: SeveralCase, isNamed: boolean) {
  const { inputNames, outputNames } = one.make();
  return function* (): Generator<TensorBatch> {
    for (const start of [0, 8, 16]) {
      const part = (make: (examples: number) => tf.Tensor[]) =>
        tf.tidy(() => make(22).map((tensor) => tf.slice(tensor, start, Math.min(8, 22 - start))));
      const [xs, ys] = [part(one.x), part(one.y)];
      if (isNamed) yield { xs: byName(inputNames, xs), ys: byName(outputNames, ys) };
      else yield [xs, ys];
    }
  };
}
