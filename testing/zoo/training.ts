/** How the models of the zoo are trained: from seeded values, on seeded data, each epoch a step. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { FitArgs } from '../../src/index.ts';
import { integers, uniform } from '../engine/values.ts';
import type { Target, ZooModel } from './builders.ts';

const examples = 9;

export const zooArgs = { batchSize: examples, shuffle: false, verbose: 0 } satisfies FitArgs;

/** From the same seeded values. */
export function compiled({ make, outputs }: ZooModel, rates: 'drawn' | 'none'): LayersModel {
  const model = make(rates);
  for (const [index, weight] of model.weights.entries()) {
    const [least, most] = weight.name.includes('variance') ? [0.5, 1.5] : [-0.4, 0.4];
    const size = weight.shape.reduce<number>((product, length) => product * Number(length), 1);
    weight.write(tf.tensor(uniform(100 + index, size, least, most), weight.shape as number[]));
  }
  model.compile({ loss: outputs.map(({ loss }) => loss), optimizer: tf.train.momentum(0.02, 0.5) });
  return model;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

export function dataFor(model: LayersModel, { words, outputs }: ZooModel): [tf.Tensor[], tf.Tensor[]] {
  const shapeOf = ({ shape }: SymbolicTensor) => [examples, ...(shape.slice(1) as number[])];
  const x = model.inputs.map((input, place) => {
    const shape = shapeOf(input);
    const most = words?.[place];
    return most === undefined
      ? tf.tensor(uniform(3 + place, sizeOf(shape), -1, 1), shape)
      : tf.tensor(integers(3 + place, sizeOf(shape), most), shape);
  });
  const y = model.outputs.map((output, place) =>
    targetsFor(shapeOf(output), outputs[place].target, 40 + place),
  );
  return [x, y];
}

function targetsFor(shape: number[], target: Target, stream: number): tf.Tensor {
  const classes = shape[shape.length - 1];
  switch (target) {
    case 'classes':
      return tf.tensor2d(integers(stream, examples, classes), [examples, 1]);
    case 'oneHot': {
      const labels = tf.tensor1d(integers(stream, sizeOf(shape) / classes, classes), 'int32');
      return tf.reshape(tf.cast(tf.oneHot(labels, classes), 'float32'), shape);
    }
    case 'bits':
      return tf.tensor(integers(stream, sizeOf(shape), 2), shape);
    case 'reals':
      return tf.tensor(uniform(stream, sizeOf(shape), 0, 1), shape);
    case 'zeros':
      return tf.zeros(shape);
  }
}

export const valuesOf = (model: LayersModel): Float32Array[] =>
  model.weights.map((weight) => Float32Array.from(weight.read().dataSync()));
