/** The public API: everything that a program can import of gradpool. */
import { resolve } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { resolveConfig, type TrainOptions } from './config.ts';
import { evaluateInThread, predictInThread, trainInThread } from './coordinator/client.ts';
import type { Dataset } from './data/dataset.ts';
import { type Examples, unlabelled } from './data/unlabelled.ts';
import { usageError } from './errors.ts';
import { modelSpec, setParameters } from './model/layers-model.ts';
import type { Evaluation, Prediction, TrainEvent, TrainResult } from './protocol.ts';

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
export type { CreateModelOptions } from './model/load-model.ts';
export { mnistCnn } from './model/mnist-cnn.ts';
export type { MnistCnnOptions } from './model/mnist-cnn-spec.ts';
export type { Evaluation, Prediction, TrainEvent, TrainResult } from './protocol.ts';
export { enableWideKernels } from './wide-kernels.ts';

/** What to train on, and what to evaluate on. */
export interface TrainData {
  readonly train: Dataset;
  /** Evaluated at the end and every `evalEvery` steps; without it there is no evaluation. */
  readonly test?: Dataset;
}

export interface TrainCallOptions extends TrainOptions {
  /** A directory for configuration, metrics and checkpoints. Default: nothing is written. */
  readonly run?: string;
  /** Go on from the newest whole checkpoint of `run`; the model's own weights are then not looked at. Default false. */
  readonly resume?: boolean;
  /**
   * Go on although the run's arithmetic was another one (kernels of another version, or fused against separate
   * multiply-add): the bits are then no longer those of an uninterrupted run. Default false.
   */
  readonly allowArithmeticChange?: boolean;
  /** Is told what happens, in order. If it throws, the training ends after the step under way and `train` throws that. */
  readonly onEvent?: (event: TrainEvent) => void;
  /** Aborting ends the training after the step under way: `train` resolves with `stopped: true`, as trained so far. */
  readonly signal?: AbortSignal;
  /** Give the 'step' events the softmax probabilities of their batch. Default false. */
  readonly reportProbabilities?: boolean;
  /** A file for where the time of the last 20 steps went, in Chrome's trace format. It slows the training a little. */
  readonly profile?: string;
  /** A module that registers layers of the model's own; each worker loads it. For the tensorflow engine. */
  readonly layers?: string;
}

/** Where `evaluate` and `predict` compute. */
export interface InferenceOptions extends Pick<TrainOptions, 'workers' | 'engine' | 'simd'> {
  /** As for `train`. */
  readonly layers?: string;
}

/**
 * Trains a TensorFlow.js layers model by synchronous data-parallel SGD with softmax cross-entropy, in threads of its
 * own: the caller's event loop stays free. The result has the same bits for any number of workers.
 * Afterwards the model holds the trained weights.
 * @param model with one input and one output (the tensorflow engine trains any, wasm sequential ones); its output are logits, or probabilities where it ends in softmax
 * @param data examples of the model's input shape, labels below the number of its outputs
 * @throws GradpoolError for a wrong option (kind 'usage'); for a layer that the engine does not support, data that do
 *   not fit, a run directory that cannot be used, a loss that is not finite (kind 'input'). The model then keeps the
 *   weights it had.
 * @example
 * const model = mnistCnn();
 * const { evaluation } = await train(model, await mnist(), { workers: 8, epochs: 1, run: 'runs/mine' });
 * console.log(evaluation?.accuracy);
 */
export async function train(
  model: LayersModel,
  { train, test }: TrainData,
  {
    run,
    resume,
    allowArithmeticChange,
    onEvent,
    signal,
    reportProbabilities,
    profile,
    layers,
    ...options
  }: TrainCallOptions = {},
): Promise<TrainResult> {
  const config = resolveConfig(options);
  if (resume === true && run === undefined)
    throw usageError('Expected `run` to be the directory of the run to `resume`, got none');
  const spec = modelSpec(model, layersOf(layers));
  const listener = guard(onEvent);
  const result = await trainInThread(
    {
      model: spec,
      train,
      ...(test === undefined ? {} : { test }),
      config,
      ...(run === undefined ? {} : { run }),
      resume: resume ?? false,
      allowArithmeticChange: allowArithmeticChange ?? false,
      reportProbabilities: reportProbabilities ?? false,
      ...(profile === undefined ? {} : { profile }),
    },
    {
      onEvent: listener.onEvent,
      signal: signal === undefined ? listener.signal : AbortSignal.any([signal, listener.signal]),
    },
  );
  listener.rethrow();
  await setParameters(model, spec.network, result.parameters);
  return result;
}

/**
 * Accuracy and mean cross-entropy of a model over a whole data set; exact for any number of workers.
 * @throws GradpoolError as `train` does
 * @example const { accuracy, loss } = await evaluate(model, (await mnist()).test);
 */
export async function evaluate(
  model: LayersModel,
  data: Dataset,
  { layers, ...options }: InferenceOptions = {},
): Promise<Evaluation> {
  const { workers, engine, simd } = resolveConfig(options);
  return evaluateInThread({ model: modelSpec(model, layersOf(layers)), data, workers, engine, simd });
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
  { layers, ...options }: InferenceOptions = {},
): Promise<Prediction> {
  const { workers, engine, simd } = resolveConfig(options);
  return predictInThread({
    model: modelSpec(model, layersOf(layers)),
    data: unlabelled(examples),
    workers,
    engine,
    simd,
  });
}

/** Threads have no working directory of their own to be sure of. */
const layersOf = (file: string | undefined) => (file === undefined ? {} : { layersModule: resolve(file) });

/** An error in the caller's function must neither get lost nor end the coordinator's thread in the middle of a step. */
function guard(onEvent: (event: TrainEvent) => void = () => {}) {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onEvent(event: TrainEvent): void {
      if (controller.signal.aborted) return;
      try {
        onEvent(event);
      } catch (error) {
        controller.abort(error);
      }
    },
    rethrow: () => controller.signal.throwIfAborted(),
  };
}
