/**
 * Training as a single thread does it in plain TensorFlow.js: its own layers, autodiff and optimizer, on the pure
 * JavaScript backend, a batch at a time. Nothing of gradpool takes part; what the two share (initial values, the
 * order of examples, dropout masks) comes in as arguments.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

export interface PlainStep {
  readonly model: LayersModel;
  /** TensorFlow.js's backend. Default: the pure JavaScript one. */
  readonly backend?: 'cpu' | 'tensorflow';
  /** [all values] in the order of `model.getWeights()`: those that train first. */
  readonly parameters: Float32Array;
  /** Like `parameters`; the optimizer's state, zero at first. Not used where momentum is 0. */
  readonly velocity: Float32Array;
  /** [examples, ...model input] */
  readonly inputs: Float32Array;
  /** [examples] class numbers */
  readonly labels: ArrayLike<number>;
  /** By the dropout layer's name: [examples, ...its input], 0 or 1 / (1 - rate). */
  readonly masks: ReadonlyMap<string, Float32Array>;
  readonly learningRate: number;
  /** 0: plain SGD. */
  readonly momentum: number;
}

export interface PlainStepResult {
  /** The batch's mean cross-entropy before the step. */
  readonly loss: number;
  readonly parameters: Float32Array;
  readonly velocity: Float32Array;
}

/** One optimizer step on one batch. Leaves the model with the new parameters. */
export async function plainStep(step: PlainStep): Promise<PlainStepResult> {
  await tf.setBackend(step.backend ?? 'cpu');
  const { learningRate, momentum } = step;
  const variables = step.model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const all = step.model.weights.map((weight) => weight.read() as tf.Variable);
  assign(all, step.parameters);
  const plain = momentum === 0;
  const optimizer = plain ? tf.train.sgd(learningRate) : tf.train.momentum(learningRate, momentum);
  if (!plain) await optimizer.setWeights(named(variables, step.velocity));
  const loss = tf.tidy(() => optimizer.minimize(() => meanLoss(step), true, variables)?.dataSync()[0]);
  const state = plain ? [] : (await optimizer.getWeights()).slice(1).map(({ tensor }) => tensor);
  const velocity = plain ? step.velocity : flatten(state);
  optimizer.dispose();
  return { loss: loss ?? Number.NaN, parameters: flatten(all), velocity };
}

/** The batch's mean cross-entropy, and what regularizers add; a dropout layer's place is taken by its mask. */
function meanLoss({ model, inputs, labels, masks }: PlainStep): tf.Scalar {
  const [, ...shape] = model.inputs[0].shape.map((size) => size ?? 1);
  for (const layer of model.layers) if (layer.getClassName() === 'Dropout') putMask(layer, masks);
  const examples = tf.tensor(inputs, [labels.length, ...shape]);
  const values = model.apply(examples, { training: true }) as tf.Tensor;
  const targets = tf.oneHot(tf.tensor1d(Array.from(labels), 'int32'), values.shape[1] ?? 0);
  const loss: tf.Scalar = endsInSoftmax(model)
    ? tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.log(values)), 1)))
    : tf.losses.softmaxCrossEntropy(targets, values);
  return model.calculateLosses().reduce((sum, penalty) => tf.add(sum, penalty), loss);
}

function putMask(layer: LayersModel['layers'][number], masks: PlainStep['masks']): void {
  const mask = masks.get(layer.name);
  if (mask === undefined) throw new Error(`Expected a mask for the dropout layer ${layer.name}`);
  layer.call = (inputs) => {
    const input = Array.isArray(inputs) ? inputs[0] : inputs;
    return tf.mul(input, tf.tensor(mask, input.shape));
  };
}

function endsInSoftmax({ layers }: LayersModel): boolean {
  const last = layers[layers.length - 1];
  return last.getClassName() === 'Softmax' || last.getConfig().activation === 'softmax';
}

function assign(variables: readonly tf.Variable[], flat: Float32Array): void {
  for (const [i, tensor] of split(variables, flat).entries()) variables[i].assign(tensor);
}

/** The optimizer's state as it is saved: a count of iterations, then a velocity for each variable. */
const named = (variables: readonly tf.Variable[], flat: Float32Array) => [
  { name: 'iter', tensor: tf.scalar(0, 'int32') },
  ...split(variables, flat).map((tensor, i) => ({ name: `${variables[i].name}/momentum`, tensor })),
];

function split(variables: readonly tf.Variable[], flat: Float32Array): tf.Tensor[] {
  let start = 0;
  return variables.map(({ shape, size }) => {
    start += size;
    return tf.tensor(flat.slice(start - size, start), shape);
  });
}

function flatten(tensors: readonly tf.Tensor[]): Float32Array {
  const arrays = tensors.map((tensor) => tensor.dataSync());
  return Float32Array.from(arrays.flatMap((array) => Array.from(array)));
}
