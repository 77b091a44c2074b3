/** A training that its caller takes step by step. */
import type { LayersModel, Sequential } from '@tensorflow/tfjs-layers';
import {
  anything,
  type Checks,
  callable,
  callables,
  checkOptions,
  integer,
  object,
  path,
  unexpected,
} from '../../check.ts';
import { resolveConfig, type TrainConfig } from '../../config/config.ts';
import { type CourseOptions, courseOptions } from '../../config/course-options.ts';
import { optionChecks, type TrainOptions } from '../../config/train-options.ts';
import { targetTypeFor } from '../../coordinator/examples/targets.ts';
import { batchRoom } from '../../data/batch-room.ts';
import { type Dataset, type DatasetInit, datasetOf } from '../../data/dataset.ts';
import type { TargetType } from '../../data/input-type.ts';
import { toErrorRecord, usageError } from '../../errors.ts';
import { hasSeveralEnds } from '../../model/ends.ts';
import type { Network } from '../../model/network.ts';
import { aLayersModel, holdModel, isTrainableModel, setParameters } from '../../model/tfjs/layers-model.ts';
import type {
  Measurement,
  OpenedTrainer,
  StepReport,
  TrainEvent,
  TrainerRequest,
  TrainerState,
} from '../../protocol/requests.ts';
import { listenWith } from '../callbacks.ts';
import { type Coordinator, openTrainerInThread } from '../client.ts';
import type { FitArgs } from '../fit/args.ts';
import { lossWeightsOf } from '../fit/loss-weights.ts';
import { layersOf, type RunOptions } from '../run-options.ts';
import { givenTensors, type Tensors } from '../tensors/examples.ts';
import { writeBatch } from '../tensors/write-batch.ts';
import { stepwise } from './stepwise.ts';
import { watchSteps } from './watched.ts';

/** What the loop of `train` does and a caller that steps does itself. */
const ofTheLoop = [
  ...(['steps', 'epochs', 'saveEvery', 'evalEvery', 'logEvery', 'onSaveError', 'onNan'] as const),
  ...(['validationSplit', 'overfit'] as const),
  ...(Object.keys(courseOptions) as (keyof CourseOptions)[]),
];
type OfTheLoop = (typeof ofTheLoop)[number];

/** How `createTrainer` trains. Its `observers` hear each step and evaluation, too, and of the end when it is closed. */
export interface TrainerOptions
  extends Omit<TrainOptions, OfTheLoop>,
    Pick<RunOptions, 'layers' | 'onEvent' | 'observers'>,
    Pick<FitArgs, 'lossWeights'> {}

/** What to train on, and what to evaluate on. */
export interface TrainData {
  /** Made by `dataset()`, or what it takes: { inputs, labels, shape }. */
  readonly train: Dataset | DatasetInit;
  /** Evaluated at the end and every `evalEvery` steps; without it there is no evaluation. */
  readonly test?: Dataset | DatasetInit;
}

/** A training between two steps. Calls are done one after the other, in their order. */
export interface Trainer {
  /** Steps of a pass over the training set; infinite without one. */
  readonly stepsPerEpoch: number;
  /**
   * Makes the next step, on the next batch: after the last one of an epoch the first of the next.
   * @throws GradpoolError when the loss or a gradient is not finite; the training is then as before the step. Of kind
   *   'usage' without `data.train`
   */
  step(): Promise<StepReport>;
  /**
   * Makes the next step on a batch of its caller's, as `model.trainOnBatch` does, of a trainer without `data.train`.
   * The tensors have to stay until then.
   * @param x [examples, ...input], at most `batchSize` examples; of several inputs in a list, or by their names
   * @param y [examples, ...output]; for softmaxCrossEntropy and sparseCategoricalCrossentropy class numbers, [examples]
   *   or [examples, 1]; of several outputs in a list, or by their names, each as the compiled model's loss takes it
   * @throws GradpoolError where they do not fit the model, and as `step` does; the training is then as before
   */
  trainOnBatch(x: Tensors, y: Tensors): Promise<StepReport>;
  /**
   * The loss, accuracy and metrics over the whole test set, with the parameters of now.
   * @throws GradpoolError of kind 'usage' without `data.test`
   */
  evaluate(): Promise<Measurement>;
  /** A copy of all that the training goes on from. */
  state(): Promise<TrainerState>;
  /**
   * Goes on from a state, of this or another trainer of the same model, data and options.
   * @throws GradpoolError of kind 'usage' for what is no such state
   */
  load(state: TrainerState): Promise<void>;
  /** Ends its threads. The model then holds the trained weights. */
  close(): Promise<void>;
}

/**
 * Opens a training that its caller takes step by step: where something is to be decided between two steps. It has the
 * bits of a `train` of the same options, with any number of workers. Its threads live until it is closed.
 *
 * Without `data.train`, the caller gives each step its batch: `trainOnBatch`. With neither set, the model may have several
 * inputs and outputs. It is then trained as `fit` does: with the losses (the sum of them, each times its `lossWeights`),
 * metrics and optimizer that it is compiled with, which `options` then do not name. Its optimizer goes on from where it is.
 * @throws GradpoolError as `train` does
 * @example
 * const trainer = await createTrainer(model, await mnist(), { optimizer: 'adam', workers: 8 });
 * for (let step = 0; step < 100; step++) console.log((await trainer.step()).loss);
 * console.log(await trainer.evaluate());
 * await trainer.close();
 */
export async function createTrainer(
  model: LayersModel,
  data: Partial<TrainData>,
  options: TrainerOptions = {},
): Promise<Trainer> {
  if (!isTrainableModel(model)) throw unexpected('model', aLayersModel, model);
  checkOptions(options, checks);
  const { weights, network, takes, request, several } = await partsOf(model, data, options);
  const listener = listenWith<TrainEvent>((event) => options.onEvent?.(event));
  const watched = watchSteps(options.observers ?? [], request, (text) =>
    listener.tell({ kind: 'notice', text }),
  );
  const { coordinator, opened } = await openTrainerInThread(request, (event) => {
    watched.tell(event);
    listener.tell(event);
  });
  watched.begin(opened);
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  /** After all calls before it, whatever came of them. */
  const next = <T>(work: () => Promise<T>): Promise<T> => {
    if (isClosed) throw usageError('Expected a trainer that is open, got one that was closed');
    const done = last.then(async () => {
      const value = await work();
      // What `onEvent` threw is the failure of the call that it was told in.
      if (listener.failed.aborted) await listener.outcome(Promise.resolve());
      return value;
    });
    last = done.catch(() => {});
    return done;
  };
  return {
    stepsPerEpoch: opened.stepsPerEpoch,
    async step() {
      if (opened.place !== undefined)
        throw usageError('Expected `data.train` to take a batch from, got none; give one to `trainOnBatch`');
      return next(() => watched.step(() => coordinator.call((api) => api.step())));
    },
    async trainOnBatch(x, y) {
      const { place } = opened;
      if (place === undefined)
        throw usageError(
          'Expected a trainer without `data.train` for `trainOnBatch`, got one with it; take its batches with `step`',
        );
      const batch = { ...givenTensors(model, [x, y], ['x', 'y']), what: 'x' };
      return next(async () => {
        const writing = writeBatch(batch, network, takes, place);
        const { count } = await writing.catch((error) => refuse(coordinator, error));
        return watched.step(() => coordinator.call((api) => api.stepOn(count)), count);
      });
    },
    async evaluate() {
      if (request.test === undefined)
        throw usageError('Expected `data.test` to evaluate on, got none; give it to `createTrainer`');
      return next(() => watched.evaluation(() => coordinator.call((api) => api.measure())));
    },
    state: async () => next(() => coordinator.call((api) => api.state())),
    async load(state) {
      checkState(state, opened);
      return next(() => watched.load(state, () => coordinator.call((api) => api.load(state))));
    },
    async close() {
      if (isClosed) return;
      const last = next(() => coordinator.call((api) => api.state()));
      isClosed = true;
      await watched.end(async () => {
        try {
          const state = await last;
          await setParameters({ weights, network }, state.parameters);
          await several?.write(state.optimizer);
          await coordinator.call((api) => api.end());
          return state;
        } finally {
          await coordinator.close();
        }
      });
    },
  };
}

/** Without a batch there is no step; other ranks are not left to wait for this one. */
async function refuse(coordinator: Coordinator, error: unknown): Promise<never> {
  await coordinator.call((api) => api.stepOn(toErrorRecord(error))).catch(() => {});
  throw error;
}

/** What is trained, and on what. */
async function partsOf(model: LayersModel, data: unknown, options: TrainerOptions) {
  const sets = object(data, 'data', twoSets);
  // A sequential model that was never compiled has no names of its inputs before.
  if (model.inputNames.length === 0) (model as Sequential).build();
  const ends = (sets.train ?? sets.test ?? undefined) === undefined ? 'several' : 'one';
  const { weights, ...spec } = holdModel(model, { ends, ...layersOf(options.layers) });
  const { network } = spec;
  const several = hasSeveralEnds(network) ? await stepwise(model, { weights, network }, options) : undefined;
  if (several === undefined) lossWeightsOf(options.lossWeights, model.outputNames);
  const config = resolveConfig(options);
  if (config.schedule.name === 'reduceOnPlateau')
    throw usageError(
      'Expected no `schedule` reduceOnPlateau with `createTrainer`, whose caller evaluates, got some; let `train` go on by a metric',
    );
  const takes = several?.takes ?? [targetTypeFor(config.loss)];
  const request: TrainerRequest = {
    ...trainerParts(sets, network, takes, config),
    model: spec,
    ...(several === undefined
      ? { config }
      : { config: { ...config, optimizer: several.optimizer }, fit: several.fit }),
  };
  return { weights, network, takes, request, several };
}

/** @throws GradpoolError as `dataset` does, in the words of the argument */
export function trainData(given: unknown): { readonly train: Dataset; readonly test?: Dataset } {
  const { train, test } = object(given, 'data', twoSets);
  return { train: datasetOf(train, 'data.train'), ...testPart(test) };
}

const twoSets = 'pass { train, test }, two data sets';

const testPart = (test: unknown): { readonly test?: Dataset } =>
  test === undefined || test === null ? {} : { test: datasetOf(test, 'data.test') };

/** Without a training set, room for a batch. */
function trainerParts(
  data: Readonly<Record<string, unknown>>,
  network: Network,
  takes: readonly TargetType[],
  { batchSize }: TrainConfig,
) {
  if (data.train !== undefined) return trainData(data);
  checkOptions(data, { train: anything, test: anything }, 'data');
  const room = { takes, examples: batchSize, isWeighted: false };
  return { train: batchRoom(network, room), ...testPart(data.test), stream: {} };
}

const checks: Checks = {
  ...optionChecks(ofTheLoop),
  ...{ layers: path, onEvent: callable, observers: callables, lossWeights: anything },
};

function checkState(given: unknown, { parameterCount, optimizerArrays }: OpenedTrainer): void {
  const state = object(given, 'state', 'pass what `state` of a trainer gave');
  const { arrays, steps } = object(state.optimizer, 'state.optimizer');
  for (const [name, value] of Object.entries({ step: state.step, 'optimizer.steps': steps }))
    if (!Number.isSafeInteger(value) || Number(value) < 0)
      throw unexpected(`state.${name}`, 'a whole number >= 0', value);
  checkArray(state.parameters, 'state.parameters', parameterCount);
  if (!Array.isArray(arrays) || arrays.length !== optimizerArrays)
    throw unexpected('state.optimizer.arrays', `a list of ${optimizerArrays} arrays`, arrays);
  for (const [index, array] of arrays.entries())
    checkArray(array, `state.optimizer.arrays[${index}]`, parameterCount);
  if (state.accumulated !== undefined) {
    const counts = object(state.accumulated, 'state.accumulated');
    for (const name of ['batches', 'examples']) integer(`state.accumulated.${name}`, counts[name], 1);
  }
  if (typeof state.learningRate !== 'number' || !Number.isFinite(state.learningRate))
    throw unexpected('state.learningRate', 'a finite number', state.learningRate);
  if (!Array.isArray(state.skippedSteps))
    throw unexpected('state.skippedSteps', 'a list', state.skippedSteps);
  if (!Number.isSafeInteger(state.firstEpoch))
    throw unexpected('state.firstEpoch', 'a whole number', state.firstEpoch);
}

function checkArray(value: unknown, name: string, length: number): void {
  if (value instanceof Float32Array && value.length === length) return;
  throw unexpected(name, `a Float32Array of ${length} values`, value);
}
