/** The networks of the recorded trainings, with weights and examples of Philox: nothing here depends on the runtime. */
import '@tensorflow/tfjs-backend-cpu';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import {
  model as functional,
  input,
  type LayersModel,
  layers,
  regularizers,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { type Dataset, dataset } from '../../src/index.ts';
import { integers, uniform } from '../engine/values.ts';

/** 22 in batches of 8: the last one of an epoch has 6. */
export const examples = 22;

type Layer = Parameters<ReturnType<typeof sequential>['add']>[0];

/** Convolutions by matrix products, each kind of activation, average pooling, dropout. */
export const directModel = (): LayersModel =>
  withWeights([
    layers.conv2d({ inputShape: [12, 12, 2], filters: 6, kernelSize: 3, strides: 2, padding: 'same' }),
    layers.activation({ activation: 'relu' }),
    layers.conv2d({ filters: 10, kernelSize: 3, activation: 'tanh' }),
    layers.averagePooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 20, activation: 'sigmoid' }),
    layers.dropout({ rate: 0.3 }),
    layers.dense({ units: 5 }),
  ]);

/** A first layer that skips the zeros of a sparse image. */
export const sparseModel = (): LayersModel =>
  withWeights([
    layers.conv2d({ inputShape: [14, 14, 1], filters: 16, kernelSize: 5, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 5 }),
  ]);

/** A convolution by Fourier transforms both ways, and one that goes back by what is not zero. */
export const fourierModel = (): LayersModel =>
  withWeights([
    layers.conv2d({ inputShape: [24, 24, 1], filters: 16, kernelSize: 5, padding: 'same' }),
    layers.activation({ activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 16, kernelSize: 5, padding: 'same', activation: 'relu' }),
    layers.conv2d({ filters: 32, kernelSize: 5, padding: 'same', activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dropout({ rate: 0.4 }),
    layers.dense({ units: 5 }),
  ]);

/** What `fit` trains: its last layer is up to the loss. */
export const fitModel = (units: number, activation: 'linear' | 'sigmoid' | 'softmax'): LayersModel =>
  withWeights([
    layers.conv2d({ inputShape: [6, 6, 2], filters: 4, kernelSize: 3, activation: 'tanh' }),
    layers.flatten(),
    layers.dropout({ rate: 0.25 }),
    layers.dense({ units, activation }),
  ]);

/** Branches that are added and that stand side by side, normalisation, a nested model, frozen layers, leakyReLU. */
export const branchedModel = (): LayersModel => {
  const image = input({ shape: [12, 11, 2] });
  const conv = (trainable = true) =>
    layers.conv2d({ filters: 16, kernelSize: 5, padding: 'same', useBias: false, trainable });
  const stem = conv().apply(image) as SymbolicTensor;
  const normal = layers.batchNormalization({ momentum: 0.9 }).apply(stem) as SymbolicTensor;
  const bent = layers.leakyReLU({ alpha: 0.1 }).apply(normal) as SymbolicTensor;
  const sum = layers.add().apply([bent, conv(false).apply(bent) as SymbolicTensor]) as SymbolicTensor;
  const head = sequential({
    layers: [
      layers.maxPooling2d({ inputShape: [12, 11, 16], poolSize: 3 }),
      layers.flatten(),
      layers.dense({ units: 9, useBias: false, trainable: false }),
      layers.batchNormalization(),
    ],
  });
  const pooled = layers.averagePooling2d({ poolSize: 6 }).apply(sum) as SymbolicTensor;
  const ends = [head.apply(sum), layers.flatten().apply(pooled)] as SymbolicTensor[];
  const joined = layers.concatenate().apply(ends) as SymbolicTensor;
  const outputs = layers.dense({ units: 5 }).apply(joined) as SymbolicTensor;
  return filled(functional({ inputs: image, outputs }));
};

export const withWeights = (list: Layer[]): LayersModel => filled(sequential({ layers: list }));

export function filled(model: LayersModel): LayersModel {
  model.setWeights(
    model.getWeights().map(({ shape, size }, index) => {
      const bound = shape.length === 1 ? 0.2 : Math.sqrt((3 * (shape.at(-1) ?? 1)) / size);
      const isVariance = model.weights[index].originalName.endsWith('moving_variance');
      const [low, high] = isVariance ? [0.5, 2] : [-bound, bound];
      return tensor(uniform(7000 + index, size, low, high), shape);
    }),
  );
  return model;
}

/** Words, each of them normalised. */
export const wordsModel = (): LayersModel =>
  withWeights([
    layers.embedding({ inputLength: 7, inputDim: mostWords, outputDim: 20 }),
    layers.layerNormalization(),
    layers.dense({ units: 9, activation: 'tanh' }),
    layers.flatten(),
    layers.dropout({ rate: 0.2 }),
    layers.dense({ units: 5 }),
  ]);

/** Each kind of recurrent layer. */
export const recurrentModel = (): LayersModel =>
  withWeights([
    layers.embedding({ inputLength: 6, inputDim: mostWords, outputDim: 12 }),
    layers.lstm({ units: 17, returnSequences: true, dropout: 0.2, recurrentDropout: 0.1, ...drawn }),
    layers.gru({ units: 10, returnSequences: true, goBackwards: true, ...drawn }),
    layers.simpleRNN({ units: 9, recurrentDropout: 0.2, ...drawn }),
    layers.dense({ units: 5 }),
  ]);

/** Orthogonal ones take all of TensorFlow.js. */
const drawn = { recurrentInitializer: 'glorotNormal' } as const;

/** Regularizers on weights with and without slots, layers in both directions and at every time. */
export const penalizedModel = (): LayersModel =>
  withWeights([
    layers.embedding({
      ...{ inputLength: 6, inputDim: mostWords, outputDim: 12 },
      embeddingsRegularizer: regularizers.l2({ l2: 0.01 }),
    }),
    layers.bidirectional({
      layer: layers.gru({ units: 7, returnSequences: true, dropout: 0.2, ...drawn }) as never,
      mergeMode: 'concat',
    }),
    layers.timeDistributed({ layer: layers.dense({ units: 9, kernelRegularizer: 'l1l2' }) }),
    layers.conv1d({ filters: 10, kernelSize: 3, kernelRegularizer: 'l1l2', biasRegularizer: 'l1l2' }),
    layers.globalMaxPooling1d({}),
    layers.dense({ units: 5 }),
  ]);

/** Masks of words and of values. */
export const maskedModel = (): LayersModel =>
  withWeights([
    layers.embedding({ inputLength: 6, inputDim: mostWords, outputDim: 8, maskZero: true }),
    layers.lstm({ units: 7, returnSequences: true, recurrentDropout: 0.2, ...drawn }),
    layers.activation({ activation: 'relu' }),
    layers.masking({}),
    layers.gru({ units: 6, ...drawn }),
    layers.dense({ units: 5 }),
  ]);

const mostWords = 70;

/** What examples are made of: numbers, mostly zeros (as bytes), or words. */
export type Values = 'reals' | 'sparse' | 'words';

/** Classes of 5, on examples of the model's input shape. */
export const examplesFor = (model: LayersModel, values: Values): Dataset => {
  const shape = model.inputs[0].shape.slice(1).map(Number);
  const count = examples * shape.reduce((product, length) => product * length, 1);
  const labels = integers(7100, examples, 5);
  const inputs = {
    reals: () => uniform(7102, count, -1, 1),
    sparse: () => Uint8Array.from(uniform(7101, count, -255, 110), (value) => Math.max(0, value)),
    words: () => Int32Array.from(integers(7107, count, mostWords)),
  }[values]();
  return dataset({ inputs, labels, shape, classes: 5 });
};

/** [examples, 6, 6, 2] */
export const fitInputs = (): Tensor => tensor(uniform(7103, examples * 72, -1, 1), [examples, 6, 6, 2]);

/** Targets for `fit`. */
export const fitTargets = {
  /** [examples, 3] one-hot */
  oneHot: (): Tensor =>
    tensor(
      integers(7104, examples, 3).flatMap((label) => [0, 1, 2].map((place) => (place === label ? 1 : 0))),
      [examples, 3],
    ),
  /** [examples, 1] */
  classes: (): Tensor => tensor(integers(7104, examples, 3), [examples, 1]),
  /** [examples, 3] of 0 and 1 */
  bits: (): Tensor => tensor(integers(7105, examples * 3, 2), [examples, 3]),
  /** [examples, 3] from 0 to 1 */
  reals: (): Tensor => tensor(uniform(7106, examples * 3, 0, 1), [examples, 3]),
} as const;
