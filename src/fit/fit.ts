import type { Tensor } from '@tensorflow/tfjs-core';
import type { History, LayersModel, Logs } from '@tensorflow/tfjs-layers';
import { unexpected } from '../check.ts';
import { fitInThread } from '../coordinator/client.ts';
import type { ExampleSet } from '../data/example-set.ts';
import type { TargetType } from '../engine/engine.ts';
import { inputError, usageError } from '../errors.ts';
import {
  aLayersModel,
  holdModel,
  isDisposed,
  isTrainableModel,
  refuseDisposed,
  setParameters,
} from '../model/layers-model.ts';
import type { FitAnswer, FitEvent, FitRequest, Means, ModelSpec } from '../protocol.ts';
import { checkArgs, type FitArgs, type ResolvedArgs, resolveArgs } from './args.ts';
import { type Callbacks, createCallbacks } from './callbacks.ts';
import { classWeights } from './class-weights.ts';
import { type Compiled, compiledSettings } from './compiled.ts';
import { examplesOf, onlyTensor, split, type Tensors } from './examples.ts';
import { type HeldOptimizer, holdOptimizer, optimizerSettings, readState, writeState } from './optimizer.ts';

/**
 * TensorFlow.js's `model.fit` in threads of its own: the same arguments, the same callbacks and the same History, and
 * the caller's event loop stays free. The model's own loss, optimizer and metrics are used. Afterwards the model
 * holds the trained weights, and its optimizer the state to go on from: a further `fit` or `model.fit` does.
 *
 * The result has the same bits for any number of workers. `shuffle` (default true) takes the order of `seed`; the
 * order and the dropout masks are functions of the seed, the epoch and the optimizer's count of steps. At most `shards`
 * workers (default 8) have work.
 *
 * In `onEpochEnd` the model holds the weights of that epoch, in the callbacks of batches those of the epoch before.
 * A learning rate that a callback gives the optimizer counts from then on; weights that it sets do not.
 * @param model compiled, with one input and one output
 * @param x [examples, ...input]
 * @param y [examples, ...output]; for sparseCategoricalCrossentropy class numbers, [examples] or [examples, 1]
 * @returns History: `history` lists, by 'loss', the metrics, and both with 'val_', a number for each epoch
 * @throws GradpoolError that says in one line what of the model, the data or the arguments does not fit, or when the
 *   loss is not finite; what a callback throws or rejects with, the same error. The model then keeps the weights that
 *   the last `onEpochEnd` saw.
 * @example
 * model.compile({ loss: 'meanSquaredError', optimizer: 'adam' });
 * const { history } = await fit(model, x, y, { epochs: 2, validationSplit: 0.1, workers: 8 });
 */
export async function fit(model: LayersModel, x: Tensors, y: Tensors, args: FitArgs = {}): Promise<History> {
  checkModel(model);
  checkArgs(args);
  const lock = lockOf(model);
  if (lock.isTraining)
    throw usageError('Expected one `fit` of a model at a time, got another while one is under way');
  lock.isTraining = true;
  try {
    return await run(model, x, y, args);
  } finally {
    lock.isTraining = false;
  }
}

/** tfjs's own flag, so that neither runs into the other; a sequential model trains one that it holds. */
function lockOf(model: LayersModel): { isTraining: boolean } {
  const { model: held } = model as { model?: LayersModel };
  return (held ?? model) as unknown as { isTraining: boolean };
}

async function run(model: LayersModel, x: Tensors, y: Tensors, args: FitArgs): Promise<History> {
  const { weights, ...spec } = holdModel(model, { output: 'any' });
  const held = holdOptimizer(model, { weights, network: spec.network });
  const compiled = compiledSettings(model, spec.network);
  checkOutput(spec, compiled);
  const inputs = onlyTensor(x, { what: 'x', name: model.inputNames[0] });
  const targets = onlyTensor(y, { what: 'y', name: model.outputNames[0] });
  const resolved = resolveArgs(args, inputs.shape[0] ?? 0);
  const optimizer = optimizerSettings(held.optimizer);
  // All of it begins before anything is waited for: the caller may then dispose of tensors.
  const [state, data] = await Promise.all([
    readState(held),
    dataOf(model, spec, compiled, [inputs, targets], args, resolved),
  ]);
  const callbacks = await createCallbacks(model, args, {
    ...{ epochs: resolved.config.epochs, initialEpoch: resolved.initialEpoch, samples: data.train.count },
    ...{ batchSize: resolved.config.batchSize, verbose: resolved.verbose },
    ...{ doValidation: data.validation !== undefined, metrics: labelsOf(compiled, data) },
  });
  const request: FitRequest = {
    model: spec,
    ...data,
    loss: { name: compiled.loss, of: 'output' },
    metrics: compiled.metrics,
    optimizer,
    state,
    config: resolved.config,
    ...{ initialEpoch: resolved.initialEpoch, shuffle: resolved.shuffle },
    ...{ waitForBatches: callbacks.hearsBatches, epochParameters: callbacks.hearsEpochs },
  };
  model.history = callbacks.history;
  await callbacks.list.onTrainBegin();
  model.stopTraining = false;
  const listener = listen(model, held, request, compiled, callbacks);
  // An error of a callback's goes first: the training may have failed of what it did.
  const result = await fitInThread(request, listener.onEvent).finally(listener.rethrow);
  await setParameters(held, result.parameters);
  await writeState(held, optimizer, state, result.state);
  await callbacks.list.onTrainEnd();
  return callbacks.history;
}

function checkModel(model: unknown): asserts model is LayersModel {
  if (!isTrainableModel(model)) throw unexpected('model', aLayersModel, model);
  const { inputs, outputs, optimizer } = model as LayersModel;
  for (const [what, list] of Object.entries({ input: inputs, output: outputs }))
    if (list?.length !== 1)
      throw inputError(
        `Expected a model with one ${what}, got one with ${list?.length ?? 0}; train it with \`model.fit\``,
      );
  if (optimizer === undefined || optimizer === null)
    throw usageError(
      'Expected a compiled model, got one without an optimizer; call `model.compile` before `fit`',
    );
}

/** Losses over classes take them from the last axis: gradpool knows them for a vector. */
function checkOutput({ network: { output } }: ModelSpec, { loss }: Compiled): void {
  const overClasses = ['softmaxCrossEntropy', 'categoricalCrossentropy', 'sparseCategoricalCrossentropy'];
  if (overClasses.includes(loss) && (output.length !== 1 || output[0] < 2))
    throw inputError(
      `Expected a model whose output is a vector of 2 or more classes for the loss ${loss}, got an output of shape [${output.join(', ')}]`,
    );
}

interface Data {
  readonly train: ExampleSet;
  readonly validation?: ExampleSet;
}

async function dataOf(
  model: LayersModel,
  { network }: ModelSpec,
  { loss, isScalar }: Compiled,
  [x, y]: readonly [Tensor, Tensor],
  { validationData, classWeight }: FitArgs,
  { trained }: ResolvedArgs,
): Promise<Data> {
  const targetType: TargetType = loss === 'sparseCategoricalCrossentropy' ? 'class' : 'vector';
  const [all, validation] = await Promise.all([
    examplesOf(x, y, network, targetType, ['x', 'y']),
    validationData ? readValidation(validationData) : undefined,
  ]);
  const [first, rest] = split(all, trained);
  const train = classWeight ? { ...first, weights: weightsOf(first) } : first;
  if (validation !== undefined) return { train, validation };
  return rest.count === 0 ? { train } : { train, validation: rest };

  function readValidation([givenX, givenY]: readonly unknown[]): Promise<ExampleSet> {
    const names = ['validationData[0]', 'validationData[1]'] as const;
    const valX = onlyTensor(givenX, { what: names[0], name: model.inputNames[0] });
    const valY = onlyTensor(givenY, { what: names[1], name: model.outputNames[0] });
    return examplesOf(valX, valY, network, targetType, names);
  }

  function weightsOf(examples: ExampleSet): Float32Array {
    if (isScalar)
      throw usageError(
        'Expected no `classWeight` with a loss of tf.losses, which gives one number for a batch; compile the model with the name of a loss',
      );
    return classWeights(classWeight, examples, model.outputNames[0]);
  }
}

/** The steps to come would be those of the settings that the model had at first. */
function checkSame(model: LayersModel, { optimizer, weights }: HeldOptimizer): void {
  if (model.optimizer !== optimizer && !weights.some(isDisposed))
    throw usageError(
      'Expected the model to stay compiled as it was while a `fit` is under way, got one that was compiled again; end the training first (`model.stopTraining = true`)',
    );
  refuseDisposed(weights, 'while a `fit` trains it; dispose of it when the call has ended');
}

const labelsOf = ({ labels }: Compiled, { validation }: Data): string[] =>
  validation === undefined ? [...labels] : [...labels, ...labels.map((label) => `val_${label}`)];

/** Calls the callbacks. What one throws must neither get lost nor end the coordinator's thread in the middle of a step. */
function listen(
  model: LayersModel,
  held: HeldOptimizer,
  request: FitRequest,
  { labels }: Compiled,
  { list }: Callbacks,
) {
  let { learningRate } = request.optimizer;
  let thrown: { readonly error: unknown } | undefined;
  const named = (means: Means, prefix = ''): Logs =>
    Object.fromEntries(labels.map((label, index) => [prefix + label, means[index]]));
  async function call(event: FitEvent): Promise<void> {
    switch (event.kind) {
      case 'epochBegin':
        return list.onEpochBegin(event.epoch);
      case 'batchBegin':
        return list.onBatchBegin(event.batch, {});
      case 'batchEnd':
        if (!request.waitForBatches) return;
        return list.onBatchEnd(event.batch, { batch: event.batch, size: event.size, ...named(event.means) });
      case 'epochEnd':
        if (event.parameters) await setParameters(held, event.parameters);
        return list.onEpochEnd(event.epoch, {
          ...(event.validation === undefined ? {} : named(event.validation, 'val_')),
          ...named(event.means),
        });
    }
  }
  return {
    async onEvent(event: FitEvent): Promise<FitAnswer> {
      try {
        if (thrown === undefined) await call(event);
        checkSame(model, held);
        learningRate = optimizerSettings(held.optimizer).learningRate;
      } catch (error) {
        thrown ??= { error };
      }
      return { stop: thrown !== undefined || model.stopTraining, learningRate };
    },
    rethrow(): void {
      if (thrown !== undefined) throw thrown.error;
    },
  };
}
