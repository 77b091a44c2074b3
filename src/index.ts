/** The public API: everything that a program can import of gradpool. */
import './unbundled.ts';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { anyOf, listenWith } from './api/callbacks.ts';
import { evaluateInThread, predictInThread, trainInThread } from './api/client.ts';
import { layersOf, type RunOptions, runChecks, runPart } from './api/run-options.ts';
import { checkStreamed, feedOf, streamedParts } from './api/streamed-set.ts';
import { type DataStream, openedIn } from './api/tensors/stream-data.ts';
import { type TrainData, trainData } from './api/trainer/trainer.ts';
import { anything, type Checks, checkOptions, flag, path, unexpected } from './check.ts';
import { resolveConfig, type TrainConfig } from './config/config.ts';
import { optionChecks, type TrainOptions } from './config/train-options.ts';
import { originOf } from './data/data-origin.ts';
import { type Dataset, type DatasetInit, datasetOf } from './data/dataset.ts';
import { partition, wholeHashes } from './data/sources/partition.ts';
import type { OpenedParts } from './data/sources/read-data.ts';
import { type Examples, unlabelled } from './data/unlabelled.ts';
import { lossOf } from './loss/loss-of.ts';
import {
  aLayersModel,
  holdModel,
  isLayersModel,
  isTrainableModel,
  modelSpec,
  refuseDisposed,
  setParameters,
} from './model/tfjs/layers-model.ts';
import type {
  EvaluateRequest,
  Evaluation,
  Prediction,
  TrainEvent,
  TrainResult,
} from './protocol/requests.ts';

export type { FitArgs } from './api/fit/args.ts';
export { fit } from './api/fit/fit.ts';
export type { FitDatasetArgs } from './api/fit-dataset/args.ts';
export { fitDataset } from './api/fit-dataset/fit-dataset.ts';
export type {
  BatchIterable,
  BatchIterator,
  BatchSource,
  DatasetLike,
  TensorBatch,
} from './api/fit-dataset/source.ts';
export { type GanModels, type GanOptions, sample, trainGan } from './api/gan.ts';
export type { EndEvent, GanObserver, GanObserverEvent, Observer, ObserverEvent } from './api/observers.ts';
export type { RunOptions } from './api/run-options.ts';
export { loadModel, saveModel } from './api/saved-model.ts';
export type { Tensors } from './api/tensors/examples.ts';
export {
  type DataBatch,
  type DataStream,
  type StreamDataOptions,
  streamData,
} from './api/tensors/stream-data.ts';
export { createTrainer, type TrainData, type Trainer, type TrainerOptions } from './api/trainer/trainer.ts';
export type { Normalization } from './augmentation/settings.ts';
export type { TrainOptions } from './config/train-options.ts';
export type { DataOptions } from './data/data-options.ts';
export type { DatasetPair } from './data/dataset.ts';
export { type Dataset, type DatasetInit, dataset } from './data/dataset.ts';
export { type Images, readDataDirectory, readImages } from './data/idx-directory.ts';
export type { InputArray, InputType } from './data/input-type.ts';
export { mnist } from './data/mnist.ts';
export { type ReadData, readData } from './data/sources/read-data.ts';
export type { Examples } from './data/unlabelled.ts';
export type { EngineName } from './engine/engine.ts';
export { type ErrorKind, GradpoolError } from './errors.ts';
export type {
  ConvertedImage,
  ReadImageOptions,
  ReadImageOptions as ReadPngOptions,
} from './formats/image/convert.ts';
export { readImage, readPng } from './formats/image-files/read-image.ts';
export type { SaveModelOptions } from './formats/layers-model/encode-live-model.ts';
export type { CreateModelOptions } from './formats/model-file/read-model-file.ts';
export type { Arithmetic } from './kernels/arithmetic.ts';
export type { SimdChoice } from './kernels/simd.ts';
export { dcgan } from './model/gan/preset-models.ts';
export type { GanPresetOptions } from './model/gan/presets.ts';
export { mnistCnn } from './model/mnist-cnn/mnist-cnn.ts';
export type { MnistCnnOptions } from './model/mnist-cnn/mnist-cnn-spec.ts';
export type { Accumulated, OptimizerState } from './optimizer/settings.ts';
export type { GanEvent, GanLosses, GanResult } from './protocol/gan.ts';
export type {
  Evaluation,
  Measurement,
  Prediction,
  StepReport,
  TrainEvent,
  TrainerState,
  TrainResult,
} from './protocol/requests.ts';
export { enableWideKernels } from './runtime/wide-kernels.ts';
export type { ImageShape, Shape } from './shape.ts';

/** How `train` trains, and what it writes and tells. */
export interface TrainCallOptions extends TrainOptions, RunOptions {
  /** Give the 'step' events the softmax probabilities of their batch. Default false. */
  readonly reportProbabilities?: boolean;
  /** Tell in the result's evaluation which classes were taken for which. Default false. */
  readonly confusion?: boolean;
}

/** Where `evaluate` and `predict` compute. */
export interface InferenceOptions
  extends Pick<TrainOptions, 'workers' | 'engine' | 'simd' | 'loss' | 'normalizeMean' | 'normalizeStd'> {
  /** As for `train`. */
  readonly layers?: string | URL;
}

export interface EvaluateOptions extends InferenceOptions, Pick<TrainOptions, 'metrics'> {
  /** Tell which classes were taken for which. Default false. */
  readonly confusion?: boolean;
}

/**
 * Trains a TensorFlow.js layers model by synchronous data-parallel steps, in threads of its own: the caller's event loop
 * stays free. By default it minimizes softmax cross-entropy by SGD with momentum; `loss` and `optimizer` name others.
 * The result has the same bits for any number of workers.
 * Afterwards the model holds the trained weights.
 * @param model with one input and one output (the tensorflow engine trains any, wasm those of the layers that the README lists); its output are what the loss takes: logits, or probabilities where it ends in softmax
 * @param data examples of the model's input shape, labels below the number of its outputs; or what `streamData` opens, which is
 *   read as it is trained on, with the same result
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
  data: TrainData | DataStream,
  options: TrainCallOptions = {},
): Promise<TrainResult> {
  if (!isTrainableModel(model)) throw unexpected('model', aLayersModel, model);
  checkOptions(options, trainChecks);
  const { onEvent, observers, signal, layers, reportProbabilities } = options;
  const part = runPart(options);
  const config = resolveConfig(options);
  const opened = openedIn(data);
  const { weights, ...spec } = holdModel(model, layersOf(layers));
  const streamed = opened && (await openStreamed(opened, config, options));
  const request = {
    ...(streamed ?? partsInMemory(data, config)),
    config,
    model: spec,
    ...part,
    reportProbabilities: reportProbabilities ?? false,
    confusion: options.confusion ?? false,
  };
  const listener = listenWith<TrainEvent>((event) => {
    refuseDisposed(weights, 'while `train` trains it; dispose of it when the call has ended');
    return onEvent?.(event);
  });
  const stop = anyOf(listener.failed, ...(signal ? [signal] : []));
  try {
    const feed = opened && feedOf(opened, spec.network, config);
    const hooks = {
      ...{ onEvent: listener.tell, observers: observers ?? [], signal: stop.signal },
      ...(feed === undefined ? {} : { feed }),
    };
    const result = await listener.outcome(trainInThread(request, hooks));
    await setParameters({ weights, network: spec.network }, result.parameters);
    return result;
  } finally {
    stop.release();
  }
}

async function openStreamed(
  opened: OpenedParts,
  config: TrainConfig,
  { confusion }: Pick<TrainCallOptions, 'confusion'>,
) {
  checkStreamed(config, { confusion });
  const { train, test, stream } = await streamedParts(opened, config);
  return { train, test, stream, origin: originOf(train, test) };
}

function partsInMemory(data: unknown, config: TrainConfig) {
  const parts = trainData(data);
  const origin = { ...originOf(parts.train, parts.test), ...wholeHashes(parts, config) };
  return { ...partition(parts, config), origin };
}

/**
 * Accuracy and mean loss of a model over a whole data set; exact for any number of workers.
 * @throws GradpoolError as `train` does
 * @example const { accuracy, loss } = await evaluate(model, (await mnist()).test);
 */
export async function evaluate(
  model: LayersModel,
  data: Dataset | DatasetInit,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkModel(model);
  const request = inferenceOf(model, options, { ...inferenceChecks, metrics: anything, confusion: flag });
  return evaluateInThread({
    ...request,
    data: datasetOf(data, 'data'),
    confusion: options.confusion ?? false,
  });
}

/**
 * Classes and probabilities of examples: the model's output, and its softmax with the loss 'softmaxCrossEntropy', which
 * is the default.
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
  return predictInThread({ ...inferenceOf(model, options, inferenceChecks), data: unlabelled(examples) });
}

function checkModel(model: unknown): void {
  if (!isLayersModel(model)) throw unexpected('model', aLayersModel, model);
}

function inferenceOf(
  model: LayersModel,
  options: EvaluateOptions,
  checks: Checks,
): Omit<EvaluateRequest, 'data'> {
  checkOptions(options, checks);
  const { workers, engine, simd, loss, metrics, preparation } = resolveConfig(options);
  const { normalization } = preparation;
  const spec = modelSpec(model, { ...layersOf(options.layers), purpose: 'infer' });
  return {
    ...{ model: spec, workers, engine, simd, loss: lossOf(loss), metrics },
    ...(typeof normalization === 'object' ? { normalization } : {}),
  };
}

/** Besides those of `resolveConfig`, which checks its own. */
const inferenceChecks: Checks = {
  ...{ workers: anything, engine: anything, simd: anything, loss: anything },
  ...{ normalizeMean: anything, normalizeStd: anything },
  layers: path,
};

const trainChecks: Checks = {
  ...optionChecks(),
  ...runChecks,
  reportProbabilities: flag,
  confusion: flag,
};
