/**
 * The small trainings whose bits are recorded. They go through the public API alone, so that the inside may be changed
 * around them.
 */
import { createHash } from 'node:crypto';
import { losses, type Optimizer, train as optimizers, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, metrics } from '@tensorflow/tfjs-layers';
import {
  type Arithmetic,
  type FitArgs,
  fit,
  type TrainCallOptions,
  type TrainEvent,
  train,
} from '../../src/index.ts';
import { layerTrainCases } from './layer-trainings.ts';
import {
  branchedModel,
  directModel,
  examplesFor,
  fitInputs,
  fitModel,
  fitTargets,
  fourierModel,
  maskedModel,
  penalizedModel,
  recurrentModel,
  sparseModel,
  wordsModel,
} from './models.ts';
import type { TrainCase } from './train-case.ts';

/** SHA-256 of what came out. */
export interface Bits {
  /** Of the parameters in natural order, as little-endian float32. */
  readonly parameters: string;
  /** Of the losses and metrics that were reported, as little-endian float64. */
  readonly measured: string;
}

const fourierWays = ['direct', 'fourier', 'fourier, skipping back'];

export const trainCases: readonly TrainCase[] = [
  {
    name: 'direct convolutions, every activation, average pooling, dropout',
    ...{ model: directModel, ways: ['direct', 'direct'] },
    options: { momentum: 0.9, steps: 8, learningRate: 0.1 },
  },
  {
    name: 'the same with plain SGD, another seed and 3 shards',
    ...{ model: directModel, ways: ['direct', 'direct'] },
    options: { momentum: 0, steps: 8, learningRate: 0.1, seed: 2, shards: 3 },
  },
  {
    name: 'a sparse first image, max pooling',
    ...{ model: sparseModel, values: 'sparse', ways: ['direct'] },
    options: { momentum: 0.5, steps: 6 },
  },
  {
    name: 'convolutions by Fourier transforms, one of them skipping zeros back',
    ...{ model: fourierModel, values: 'sparse', ways: fourierWays },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'branches, normalisation, a nested model, frozen layers, leakyReLU',
    ...{ model: branchedModel, ways: ['direct', 'fourier'] },
    options: { momentum: 0.9, steps: 5 },
  },
  {
    name: 'an embedding, layer normalisation',
    ...{ model: wordsModel, values: 'words', ways: [] },
    options: { momentum: 0.9, steps: 6 },
  },
  {
    name: 'an embedding and recurrent layers',
    ...{ model: recurrentModel, values: 'words', ways: [] },
    options: { momentum: 0.9, steps: 6 },
  },
  {
    name: 'regularizers, layers in both directions and at every time',
    ...{ model: penalizedModel, values: 'words', ways: ['direct'] },
    options: { momentum: 0.9, steps: 6 },
  },
  {
    name: 'masks of words and of values',
    ...{ model: maskedModel, values: 'words', ways: [] },
    options: { momentum: 0.9, steps: 6 },
  },
  {
    name: 'the reference engine on branches and normalisation',
    ...{ model: branchedModel, ways: [] },
    options: { momentum: 0.9, steps: 1, engine: 'reference' },
  },
  {
    name: 'the reference engine',
    ...{ model: directModel, ways: [] },
    options: { momentum: 0.9, steps: 2, learningRate: 0.1, engine: 'reference' },
  },
  {
    name: 'a sparse first image, cosine distance of labels',
    ...{ model: sparseModel, values: 'sparse', ways: ['direct'] },
    options: { momentum: 0, steps: 2, loss: 'cosineDistance' },
  },
  ...layerTrainCases,
];

/** Trains one case. Batches of 8, the last one of an epoch smaller. */
export async function trainCase(
  { model: create, values = 'reals', options }: TrainCase,
  more: TrainCallOptions = {},
): Promise<{ bits: Bits; arithmetic: Arithmetic; ways: readonly string[] }> {
  const model = create();
  const data = examplesFor(model, values);
  const starts: Extract<TrainEvent, { kind: 'start' }>[] = [];
  const onEvent = (event: TrainEvent) => event.kind === 'start' && starts.push(event);
  const settings = { workers: 1, batchSize: 8, ...options, ...more, onEvent };
  const { trainLoss, evaluation } = await train(model, { train: data, test: data }, settings);
  const measured = [trainLoss, evaluation?.loss, evaluation?.accuracy];
  const [{ arithmetic, ways }] = starts;
  return { bits: bitsOf(model, measured), arithmetic, ways: Object.values(ways) };
}

/** `fit` with the model's own loss and optimizer. */
export interface FitCase {
  readonly name: string;
  readonly optimizer: () => Optimizer;
  readonly loss: string | typeof losses.softmaxCrossEntropy;
  readonly targets: () => Tensor;
  readonly activation: 'linear' | 'sigmoid' | 'softmax';
  readonly metrics?: readonly (string | typeof metrics.recall)[];
  readonly classWeight?: Readonly<Record<number, number>>;
}

export const fitCases: readonly FitCase[] = [
  {
    name: 'SGD, mean squared error, mean absolute error as a metric',
    optimizer: () => optimizers.sgd(0.1),
    ...{ loss: 'meanSquaredError', targets: fitTargets.reals, activation: 'linear', metrics: ['mae'] },
  },
  {
    name: 'momentum, categorical crossentropy, class weights, accuracy',
    optimizer: () => optimizers.momentum(0.1, 0.9),
    ...{ loss: 'categoricalCrossentropy', targets: fitTargets.oneHot, activation: 'softmax' },
    ...{ metrics: ['accuracy'], classWeight: { 0: 0.5, 1: 2, 2: 1.25 } },
  },
  {
    name: "Nesterov's momentum, sparse categorical crossentropy, accuracy",
    optimizer: () => optimizers.momentum(0.1, 0.8, true),
    ...{ loss: 'sparseCategoricalCrossentropy', targets: fitTargets.classes, activation: 'softmax' },
    metrics: ['accuracy'],
  },
  {
    name: 'Adam, binary crossentropy, accuracy',
    optimizer: () => optimizers.adam(0.02),
    ...{ loss: 'binaryCrossentropy', targets: fitTargets.bits, activation: 'sigmoid', metrics: ['accuracy'] },
  },
  {
    name: 'RMSProp with momentum, mean absolute error',
    optimizer: () => optimizers.rmsprop(0.01, 0.8, 0.5),
    ...{ loss: 'meanAbsoluteError', targets: fitTargets.reals, activation: 'sigmoid', metrics: ['mse'] },
  },
  {
    name: 'Adagrad, softmax cross-entropy of logits',
    optimizer: () => optimizers.adagrad(0.1),
    ...{ loss: losses.softmaxCrossEntropy, targets: fitTargets.oneHot, activation: 'linear' },
  },
  {
    name: 'Adam, sigmoid cross-entropy of logits',
    optimizer: () => optimizers.adam(0.02, 0.8, 0.95, 1e-5),
    ...{ loss: losses.sigmoidCrossEntropy, targets: fitTargets.bits, activation: 'linear' },
  },
  ...lossCases(),
  {
    name: 'SGD, logcosh, every metric of numbers',
    optimizer: () => optimizers.sgd(0.1),
    ...{ loss: 'logcosh', targets: fitTargets.reals, activation: 'sigmoid' },
    metrics: ['mape', 'cosine', 'precision', metrics.recall, metrics.r2Score],
  },
  {
    name: 'SGD, categorical hinge, cross-entropies as metrics',
    optimizer: () => optimizers.sgd(0.1),
    ...{ loss: 'categoricalHinge', targets: fitTargets.oneHot, activation: 'softmax' },
    metrics: ['ce', metrics.binaryCrossentropy],
  },
];

function lossCases(): FitCase[] {
  const ofReals = { targets: fitTargets.reals, activation: 'sigmoid' } as const;
  const cases: Readonly<Record<string, Pick<FitCase, 'loss' | 'targets' | 'activation'>>> = {
    'Kullback-Leibler divergence': { loss: 'kullbackLeiblerDivergence', ...ofReals },
    'log loss': { loss: losses.logLoss, ...ofReals },
    'mean absolute percentage error': { loss: 'meanAbsolutePercentageError', ...ofReals },
    'mean squared logarithmic error': { loss: 'meanSquaredLogarithmicError', ...ofReals },
    logcosh: { loss: 'logcosh', ...ofReals },
    'huber loss': { loss: losses.huberLoss, ...ofReals, activation: 'linear' },
    poisson: { loss: 'poisson', ...ofReals },
    hinge: { loss: 'hinge', targets: fitTargets.bits, activation: 'linear' },
    'squared hinge': { loss: 'squaredHinge', targets: fitTargets.bits, activation: 'linear' },
    'hinge loss of bits': { loss: losses.hingeLoss, targets: fitTargets.bits, activation: 'linear' },
    'categorical hinge': { loss: 'categoricalHinge', targets: fitTargets.oneHot, activation: 'linear' },
    'cosine proximity': { loss: 'cosineProximity', ...ofReals, activation: 'linear' },
  };
  return Object.entries(cases).map(([name, one]) => ({
    name: `SGD, ${name}`,
    optimizer: () => optimizers.sgd(0.01),
    ...one,
  }));
}

/** Trains one case for two epochs with validation, the last batch of each smaller. */
export async function fitCase(
  { optimizer, loss, targets, activation, metrics: measured = [], classWeight }: FitCase,
  how: Pick<FitArgs, 'workers' | 'simd'>,
): Promise<Bits> {
  const model = fitModel(3, activation);
  model.compile({ loss: loss as string, optimizer: optimizer(), metrics: [...(measured as string[])] });
  const { history } = await fit(model, fitInputs(), targets(), {
    ...{ batchSize: 8, epochs: 2, validationSplit: 0.2, workers: 1, ...how },
    ...(classWeight === undefined ? {} : { classWeight }),
  });
  return bitsOf(model, Object.values(history).flat().map(Number));
}

export function bitsOf(model: LayersModel, measured: readonly (number | undefined)[]): Bits {
  const sha256 = (parts: readonly (Float32Array | Float64Array)[]) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  };
  return {
    parameters: sha256(model.getWeights().map((weight) => Float32Array.from(weight.dataSync()))),
    measured: sha256([Float64Array.from(measured, (value) => value ?? Number.NaN)]),
  };
}
