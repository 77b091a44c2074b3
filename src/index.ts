/** The public API: everything that a program can import of gradpool. */
import './unbundled.ts';
import { resolve } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { anyOf, listenWith } from './callbacks.ts';
import {
  abortSignal,
  anything,
  type Checks,
  callable,
  checkOptions,
  flag,
  object,
  path,
  unexpected,
} from './check.ts';
import { defaults, resolveConfig, type TrainOptions } from './config.ts';
import { evaluateInThread, predictInThread, trainInThread } from './coordinator/client.ts';
import { originOf } from './data/data-origin.ts';
import { type Dataset, type DatasetInit, datasetOf } from './data/dataset.ts';
import { type Examples, unlabelled } from './data/unlabelled.ts';
import { usageError } from './errors.ts';
import {
  aLayersModel,
  holdModel,
  isLayersModel,
  isTrainableModel,
  modelSpec,
  refuseDisposed,
  setParameters,
} from './model/layers-model.ts';
import type {
  EvaluateRequest,
  Evaluation,
  Prediction,
  TrainEvent,
  TrainRequest,
  TrainResult,
} from './protocol.ts';

export type { TrainOptions } from './config.ts';
export { type Dataset, type DatasetInit, dataset } from './data/dataset.ts';
export { type DatasetPair, type Images, readDataDirectory, readImages } from './data/idx-directory.ts';
export { mnist } from './data/mnist.ts';
export { type ConvertedImage, readPng } from './data/png.ts';
export type { Examples } from './data/unlabelled.ts';
export type { Arithmetic, EngineName, SimdChoice } from './engine/engine.ts';
export { type ErrorKind, GradpoolError } from './errors.ts';
export type { FitArgs } from './fit/args.ts';
export { fit } from './fit/fit.ts';
export type { SaveModelOptions } from './model/encode-live-model.ts';
export { mnistCnn } from './model/mnist-cnn.ts';
export type { MnistCnnOptions } from './model/mnist-cnn-spec.ts';
export type { CreateModelOptions } from './model/read-model-file.ts';
export type { Evaluation, Prediction, TrainEvent, TrainResult } from './protocol.ts';
export { loadModel, saveModel } from './saved-model.ts';
export { enableWideKernels } from './wide-kernels.ts';

/** What to train on, and what to evaluate on. */
export interface TrainData {
  /** Made by `dataset()`, or what it takes: { inputs, labels, shape }. */
  readonly train: Dataset | DatasetInit;
  /** Evaluated at the end and every `evalEvery` steps; without it there is no evaluation. */
  readonly test?: Dataset | DatasetInit;
}

export interface TrainCallOptions extends TrainOptions {
  /** A directory (a path or file: URL) for configuration, metrics and checkpoints. Default: nothing is written. */
  readonly run?: string | URL;
  /** Go on from the newest whole checkpoint of `run`; the model's own weights are then not looked at. Default false. */
  readonly resume?: boolean;
  /**
   * Go on although the run's arithmetic was another one (kernels of another version, or fused against separate
   * multiply-add): the bits are then no longer those of an uninterrupted run. Default false.
   */
  readonly allowArithmeticChange?: boolean;
  /**
   * Is told what happens, in order. It may return a promise: the training does not wait for it, but `train` settles
   * only after all of them. If one rejects, or the function throws, it is not called again, the training ends after
   * the step under way and `train` rejects with that very error.
   */
  readonly onEvent?: (event: TrainEvent) => unknown;
  /** Aborting ends the training after the step under way: `train` resolves with `stopped: true`, as trained so far. */
  readonly signal?: AbortSignal;
  /** Give the 'step' events the softmax probabilities of their batch. Default false. */
  readonly reportProbabilities?: boolean;
  /** A file for where the time of the last 20 steps went, in Chrome's trace format. It slows the training a little. */
  readonly profile?: string | URL;
  /** A module that registers layers of the model's own; each worker loads it. For the tensorflow engine. */
  readonly layers?: string | URL;
}

/** Where `evaluate` and `predict` compute. */
export interface InferenceOptions extends Pick<TrainOptions, 'workers' | 'engine' | 'simd'> {
  /** As for `train`. */
  readonly layers?: string | URL;
}

/**
 * Trains a TensorFlow.js layers model by synchronous data-parallel SGD with softmax cross-entropy, in threads of its
 * own: the caller's event loop stays free. The result has the same bits for any number of workers.
 * Afterwards the model holds the trained weights.
 * @param model with one input and one output (the tensorflow engine trains any, wasm those of the layers that the README lists); its output are logits, or probabilities where it ends in softmax
 * @param data examples of the model's input shape, labels below the number of its outputs
 * @throws GradpoolError for a wrong argument or option (kind 'usage'); for a layer that the engine does not support, data that do
 *   not fit, a run directory that cannot be used, a loss that is not finite (kind 'input'). The model then keeps the
 *   weights it had.
 * @example
 * const model = mnistCnn();
 * const { evaluation } = await train(model, await mnist(), { workers: 8, epochs: 1, run: 'runs/mine' });
 * console.log(evaluation?.accuracy);
 */
export async function train(
  model: LayersModel,
  data: TrainData,
  options: TrainCallOptions = {},
): Promise<TrainResult> {
  if (!isTrainableModel(model)) throw unexpected('model', aLayersModel, model);
  checkOptions(options, trainChecks);
  const { onEvent, signal, layers, resume, allowArithmeticChange, reportProbabilities } = options;
  const [run, profile] = [fileOf(options.run, 'run'), fileOf(options.profile, 'profile')];
  if (resume && run === undefined)
    throw usageError('Expected `run` to be the directory of the run to `resume`, got none');
  const { weights, ...spec } = holdModel(model, layersOf(layers));
  const parts = trainData(data);
  const origin = originOf(parts.train, parts.test);
  const request = {
    ...parts,
    ...(origin === undefined ? {} : { origin: { data: origin } }),
    config: resolveConfig(options),
    model: spec,
    ...(run === undefined ? {} : { run }),
    resume: resume ?? false,
    allowArithmeticChange: allowArithmeticChange ?? false,
    reportProbabilities: reportProbabilities ?? false,
    ...(profile === undefined ? {} : { profile }),
  };
  const listener = listenWith<TrainEvent>((event) => {
    refuseDisposed(weights, 'while `train` trains it; dispose of it when the call has ended');
    return onEvent?.(event);
  });
  const stop = anyOf(listener.failed, ...(signal ? [signal] : []));
  try {
    const hooks = { onEvent: listener.tell, signal: stop.signal };
    const result = await listener.outcome(trainInThread(request, hooks));
    await setParameters({ weights, network: spec.network }, result.parameters);
    return result;
  } finally {
    stop.release();
  }
}

/**
 * Accuracy and mean cross-entropy of a model over a whole data set; exact for any number of workers.
 * @throws GradpoolError as `train` does
 * @example const { accuracy, loss } = await evaluate(model, (await mnist()).test);
 */
export async function evaluate(
  model: LayersModel,
  data: Dataset | DatasetInit,
  options: InferenceOptions = {},
): Promise<Evaluation> {
  checkModel(model);
  return evaluateInThread({ ...inferenceOf(model, options), data: datasetOf(data, 'data') });
}

/**
 * Classes and softmax probabilities of examples.
 * @param examples a data set, or typed arrays: `inputs` [count, ...shape] row-major (uint8 values stand for
 *   value / 255), `shape` of one example, e.g. [28, 28, 1]
 * @returns `classes` [count], `probabilities` [count, model's outputs] row-major
 * @throws GradpoolError as `train` does
 * @example const { classes } = await predict(model, { inputs: new Uint8Array(2 * 784), shape: [28, 28, 1] });
 */
export async function predict(
  model: LayersModel,
  examples: Examples,
  options: InferenceOptions = {},
): Promise<Prediction> {
  checkModel(model);
  return predictInThread({ ...inferenceOf(model, options), data: unlabelled(examples) });
}

function checkModel(model: unknown): void {
  if (!isLayersModel(model)) throw unexpected('model', aLayersModel, model);
}

function trainData(given: unknown): Pick<TrainRequest, 'train' | 'test'> {
  const { train, test } = object(given, 'data', 'pass { train, test }, two data sets');
  return {
    train: datasetOf(train, 'data.train'),
    ...(test === undefined || test === null ? {} : { test: datasetOf(test, 'data.test') }),
  };
}

function inferenceOf(model: LayersModel, options: InferenceOptions): Omit<EvaluateRequest, 'data'> {
  checkOptions(options, inferenceChecks);
  const { workers, engine, simd } = resolveConfig(options);
  const spec = modelSpec(model, { ...layersOf(options.layers), purpose: 'infer' });
  return { model: spec, workers, engine, simd };
}

const fileOf = (given: string | URL | null | undefined, name: string): string | undefined =>
  given === undefined || given === null ? undefined : path(given, name);

/** Threads have no working directory of their own to be sure of. */
function layersOf(given: string | URL | undefined) {
  const file = fileOf(given, 'layers');
  return file === undefined ? {} : { layersModule: resolve(file) };
}

/** Besides those of `resolveConfig`, which checks its own. */
const inferenceChecks: Checks = { workers: anything, engine: anything, simd: anything, layers: path };

const trainChecks: Checks = {
  ...Object.fromEntries([...Object.keys(defaults), 'workers', 'steps'].map((name) => [name, anything])),
  run: path,
  resume: flag,
  allowArithmeticChange: flag,
  onEvent: callable,
  signal: abortSignal,
  reportProbabilities: flag,
  profile: path,
  layers: path,
};
