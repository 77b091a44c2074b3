import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  type ModelCompileArgs,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { fit, GradpoolError } from '../../../src/index.ts';
import { inputsFor, smallModel, targets, weightsOf } from '../../../testing/fit/models.ts';

const x = inputsFor(6);
const oneHot = targets.oneHot(6, 3);

class Own extends tf.SGDOptimizer {
  static override get className() {
    return 'Own';
  }
}

function compiled(settings: Partial<ModelCompileArgs> = {}, units = 3): LayersModel {
  const made = smallModel(units, 'softmax');
  made.compile({ loss: 'categoricalCrossentropy', optimizer: 'sgd', ...settings });
  return made;
}
const sparse = () => compiled({ loss: 'sparseCategoricalCrossentropy' });
const uncompiled = () => smallModel(3, 'softmax');
const mine = () => tf.scalar(0);
const huberLoss = () => tf.scalar(0);
const custom = { batchSize: 2, workers: 1 };

function twoInputs(): LayersModel {
  const [a, b] = [input({ shape: [5], name: 'left' }), input({ shape: [5], name: 'right' })];
  const sum = layers.add().apply([a, b]) as SymbolicTensor;
  const made = model({ inputs: [a, b], outputs: layers.dense({ units: 3 }).apply(sum) as SymbolicTensor });
  made.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  return made;
}

function twoOutputs(settings: Partial<ModelCompileArgs> = {}): LayersModel {
  const a = input({ shape: [5] });
  const outputs = ['one', 'two'].map(
    (name, place) => layers.dense({ units: place + 1, name }).apply(a) as SymbolicTensor,
  );
  const made = model({ inputs: a, outputs });
  made.compile({ loss: 'meanSquaredError', optimizer: 'sgd', ...settings });
  return made;
}
const twoTargets = () => [1, 2].map((values) => tf.ones([6, values]));

function oneClass(): LayersModel {
  const made = smallModel(1, 'sigmoid');
  made.compile({ loss: 'sparseCategoricalCrossentropy', optimizer: 'sgd' });
  return made;
}

function unsupportedLayer(): LayersModel {
  const made = sequential({
    layers: [layers.dense({ inputShape: [5], units: 3 }), layers.rescaling({ scale: 2 })],
  });
  made.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  return made;
}

function hooked(): LayersModel {
  const made = compiled();
  made.layers[1].setCallHook(() => {});
  return made;
}

type Arguments = Parameters<typeof fit>;
const withArgs =
  (args: object): (() => Arguments) =>
  () => [compiled(), x, oneHot, { ...custom, ...args }];
const withData =
  (...[a, b]: unknown[]): (() => Arguments) =>
  () =>
    [compiled(), a, b, custom] as unknown as Arguments;
const withModel =
  (made: () => unknown, y: tf.Tensor = oneHot): (() => Arguments) =>
  () =>
    [made(), x, y, custom] as unknown as Arguments;

const cases: Record<string, readonly [() => Arguments, RegExp]> = {
  'no model': [withModel(() => ({})), /tf\.LayersModel\), got a plain object/],
  'a model that is not compiled': [withModel(uncompiled), /call `model\.compile` before `fit`/],
  'one tensor for two inputs': [withModel(twoInputs), /`x` to be 2 tensors, of "left", "right", got 1$/],
  'three tensors for two inputs': [
    () => [twoInputs(), [x, x, x], oneHot, custom],
    /`x` to be 2 tensors, of "left", "right", got 3$/,
  ],
  'no tensor of one of two inputs': [
    () => [twoInputs(), { left: x, wrong: x }, oneHot, custom],
    /`x` to be 2 tensors, of "left", "right", got none of "right" but "left", "wrong"$/,
  ],
  'a list for one of two inputs': [
    () => [twoInputs(), { left: x, right: [1] as never }, oneHot, custom],
    /`x\.right` to be a tensor, got .*; make one/,
  ],
  'two inputs of different lengths': [
    () => [twoInputs(), [x, inputsFor(5)], oneHot, custom],
    /`x\.left` and `x\.right` to be of the same length, got 6 and 5 examples/,
  ],
  'one tensor for two outputs': [withModel(twoOutputs), /`y` to be 2 tensors, of "one", "two", got 1$/],
  'targets of a wrong rank for the second output': [
    () => [twoOutputs(), x, [tf.ones([6, 1]), tf.ones([6, 2, 1])], custom],
    /`y\.two` to be of shape \[examples, 2\], got \[6, 2, 1\]/,
  ],
  'an output without a loss': [
    () => [twoOutputs({ loss: { one: 'meanSquaredError' } }), x, twoTargets(), custom],
    /a loss for each output of the model, got none for "two"; compile/,
  ],
  'an unknown loss of the second output': [
    () => [
      twoOutputs({ loss: ['meanSquaredError', tf.losses.computeWeightedLoss as never] }),
      x,
      twoTargets(),
      custom,
    ],
    /the model's loss of output "two" to be /,
  ],
  'several losses where one output is': [
    () => {
      const made = compiled();
      made.loss = ['meanSquaredError', 'meanSquaredError'];
      return [made, x, oneHot, custom];
    },
    /a loss for the only output of the model, got 2; compile/,
  ],
  'weights of losses of one output': [
    withArgs({ lossWeights: [2] }),
    /no `lossWeights` for a model with one output/,
  ],
  'too few weights of losses': [
    () => [twoOutputs(), x, twoTargets(), { ...custom, lossWeights: [2] }],
    /`lossWeights` to be 2 numbers, or numbers by the outputs' names, got .*/,
  ],
  'a weight of a loss that is no number': [
    () => [twoOutputs(), x, twoTargets(), { ...custom, lossWeights: { two: Number.NaN } }],
    /`lossWeights` to be finite numbers, got .*NaN/,
  ],
  'a weight of a loss of no output': [
    () => [twoOutputs(), x, twoTargets(), { ...custom, lossWeights: { three: 2 } }],
    /`lossWeights` to name outputs, "one" or "two", got "three"/,
  ],
  'class weights for none of several outputs': [
    () => [twoOutputs(), x, twoTargets(), { ...custom, classWeight: { 0: 1 } }],
    /`classWeight` to be a list of 2, or an object by the outputs' names/,
  ],
  'a layer that the engine has not': [
    () => [unsupportedLayer(), x, oneHot, { ...custom, engine: 'wasm' }],
    /Rescaling.*engines that support it: tensorflow/,
  ],
  'a layer with a call hook': [
    withModel(hooked),
    /without a call hook.*got layer "dense_[^"]*" \(Dense\) with one; take it off with its `clearCallHook\(\)`$/,
  ],
  'an unknown loss': [
    withModel(() => compiled({ loss: tf.losses.computeWeightedLoss as never })),
    /loss to be "categoricalCrossentropy".*got the function computeWeightedLoss__op; compile/,
  ],
  'a loss of their own': [withModel(() => compiled({ loss: mine })), /got the function mine; compile/],
  'a loss of their own with the name of another': [
    withModel(() => compiled({ loss: huberLoss })),
    /got the function huberLoss; compile/,
  ],
  'a distance that has no axis': [
    withModel(() => compiled({ loss: tf.losses.cosineDistance as never })),
    /got the function cosineDistance__op, which a compiled model calls without an axis.*whole batch; compile/,
  ],
  'a loss over classes of one output': [withModel(oneClass, targets.bits(6, 1)), /2 or more classes.*\[1\]/],
  'a metric of their own': [
    withModel(() => compiled({ metrics: [mine] })),
    /metrics to be among "accuracy", .*"cosine".* recall, r2Score .*got the function mine; compile/,
  ],
  'a metric that takes classes, for vectors': [
    withModel(() => compiled({ metrics: ['sparseCategoricalCrossentropy'] })),
    /makes sense with the loss "categoricalCrossentropy".*"sparseCategoricalCrossentropy"/,
  ],
  'a metric that does not go with the loss': [
    withModel(() => compiled({ metrics: [tf.losses.hingeLoss as never] })),
    /metrics.*got the function hingeLoss__op/,
  ],
  'a metric of classes for vectors': [
    withModel(() => compiled({ loss: 'sparseCategoricalCrossentropy', metrics: ['mse'] })),
    /makes sense with the loss "sparseCategoricalCrossentropy".*"mse"/,
  ],
  'an unknown optimizer': [
    withModel(() => compiled({ optimizer: new Own(0.1) })),
    /optimizer to be SGD, Momentum, Adam, Adamax, RMSProp, Adagrad or Adadelta, got Own/,
  ],
  'an Adamax whose learning rate decays': [
    withModel(() => compiled({ optimizer: tf.train.adamax(0.1, 0.9, 0.99, 1e-7, 0.5) })),
    /Adamax optimizer without `decay`, got 0.5/,
  ],
  'a centered RMSProp': [
    withModel(() => compiled({ optimizer: tf.train.rmsprop(0.1, 0.9, 0, 1e-7, true) })),
    /not `centered`/,
  ],
  'an epsilon of 0': [
    withModel(() => compiled({ optimizer: tf.train.adam(0.1, 0.9, 0.99, 0) })),
    /`epsilon` of the Adam optimizer to be greater than 0, got 0/,
  ],
  'x and y of different lengths': [
    withData(x, targets.oneHot(5, 3)),
    /`x` and `y` to be of the same length, got 6 and 5/,
  ],
  'x of a wrong shape': [
    withData(tf.ones([6, 4]), oneHot),
    /`x` to be of shape \[examples, 5\], got \[6, 4\]/,
  ],
  'y of a wrong shape': [
    withData(x, targets.oneHot(6, 4)),
    /`y` to be of shape \[examples, 3\], got \[6, 4\]/,
  ],
  'y of class numbers for one-hot vectors': [withData(x, targets.classes(6, 3)), /`y`.*got \[6, 1\]/],
  'x that is no tensor': [
    withData([[1, 2, 3, 4, 5]], oneHot),
    /`x` to be a tensor, got a list of 1 item; make one: tf\.tensor/,
  ],
  'x of strings': [withData(tf.fill([6, 5], 'a'), oneHot), /float32, int32 or bool, got string/],
  'x of two tensors': [withData([x, x], oneHot), /`x` to be one tensor, got 2/],
  'x without an example': [
    withData(tf.ones([0, 5]), tf.ones([0, 3])),
    /`x` to hold at least one example, got none/,
  ],
  'x that is not finite': [
    withData(tf.fill([6, 5], Number.NaN), oneHot),
    /`x` to be finite, got NaN in example 0/,
  ],
  'a label outside the classes': [
    withModel(sparse, tf.tensor1d([0, 1, 2, 3, 0, 0])),
    /class numbers from 0 to 2, got 3 in example 3/,
  ],
  'a label that is no whole number': [
    withModel(sparse, tf.tensor1d([0, 0.5, 2, 0, 0, 0])),
    /class numbers from 0 to 2, got 0\.5 in example 1/,
  ],
  'validation data of a wrong shape': [
    withArgs({ validationData: [tf.ones([2, 4]), oneHot] }),
    /`validationData\[0\]` to be of shape \[examples, 5\]/,
  ],
  'validation data with weights': [withArgs({ validationData: [x, oneHot, x] }), /\[x, y\], got 3 items/],
  'a split that leaves nothing': [
    withArgs({ validationSplit: 0.9 }),
    /leave examples to train on, got 0\.9 of 6/,
  ],
  'a split of everything': [withArgs({ validationSplit: 1 }), /from 0 to less than 1, got 1/],
  'sample weights': [withArgs({ sampleWeight: x }), /no `sampleWeight`: `fit`, as `model\.fit`, does not/],
  'class weights without a class': [withArgs({ classWeight: { 0: 1 } }), /`classWeight`.*for class [12]/],
  'class weights with a loss of tf.losses': [
    () => [compiled({ loss: tf.losses.softmaxCrossEntropy as never }), x, oneHot, { classWeight: { 0: 1 } }],
    /no `classWeight` with a loss of tf\.losses/,
  ],
  'shuffled batches': [
    withArgs({ shuffle: 'batch' }),
    /`shuffle` to be true or false, got the string "batch"/,
  ],
  'an unknown argument': [
    withArgs({ worker: 2 }),
    /the names in `args` to be among .*got `worker`; did you mean `workers`\?/,
  ],
  'no workers': [withArgs({ workers: 0 }), /`workers`.*got `0`/],
  'half a batch': [withArgs({ batchSize: 0.5 }), /`batchSize`.*got `0\.5`/],
  'an unknown engine': [withArgs({ engine: 'cpu' }), /`engine`.*got `cpu`/],
  'a learning rate that makes the loss infinite': [
    () => [
      compiled({ optimizer: tf.train.sgd(1e30), loss: 'meanSquaredError' }, 3),
      x,
      tf.mul(oneHot, 1e30),
      custom,
    ],
    /finite parameters from step 1/,
  ],
};

test.for(Object.entries(cases))(
  '%s is refused in one line, and the model is as it was',
  async ([, [make, line]]) => {
    const call = make();
    const before = 'getWeights' in call[0] ? weightsOf(call[0]) : [];
    const error = await fit(...call).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GradpoolError);
    expect(String((error as Error).message)).toMatch(line);
    expect(String((error as Error).message)).not.toContain('\n');
    if ('getWeights' in call[0]) expect(weightsOf(call[0])).toEqual(before);
  },
);
