import type { History, LayersModel } from '@tensorflow/tfjs-layers';
import { checkOutputs } from '../../coordinator/examples/check-output.ts';
import { batchRoom } from '../../data/batch-room.ts';
import type { ExampleSet } from '../../data/example-set.ts';
import { outputEnds } from '../../model/ends.ts';
import type { Network } from '../../model/network.ts';
import { holdModel } from '../../model/tfjs/layers-model.ts';
import type { TrainEvent } from '../../protocol/requests.ts';
import type { StreamPart } from '../../protocol/stream.ts';
import { anyOf } from '../callbacks.ts';
import { ownOptimizer } from '../fit/args.ts';
import { createCallbacks } from '../fit/callbacks.ts';
import { checkClassWeights, classWeightsOf } from '../fit/class-weights.ts';
import { type Compiled, compiledOptions, compiledSettings, labelsOf, takesOf } from '../fit/compiled.ts';
import { checkOwn } from '../fit/own-functions.ts';
import { compiledPart, trainCompiled } from '../fit/train-compiled.ts';
import { alone, checkModel } from '../fit/trainable.ts';
import { validationExamples } from '../fit/validation.ts';
import { holdOptimizer, readState, settingsOf } from '../optimizer/state.ts';
import { layersOf, runPart } from '../run-options.ts';
import { checkArgs, configOf, type FitDatasetArgs } from './args.ts';
import { createFeed, tensorsOf } from './feed.ts';
import { type BatchSource, checkSource, openSource, type Source } from './source.ts';

/**
 * TensorFlow.js's `model.fitDataset` in threads of its own: batches are trained on as they come, so the data may be
 * larger than memory, and endless. The next batch is asked for and written while the step under way is made. Otherwise
 * it is `fit`: the model's own loss, optimizer and metrics, the callbacks and the History of TensorFlow.js.
 *
 * The result has the same bits for any number of workers, and those of a `fit` without `shuffle` of the same batches.
 * An epoch is a pass over the data set; with `batchesPerEpoch` one pass goes through all epochs. If that ends early, the
 * training ends with it, and a notice says so (a warning of the process, where no `onEvent` listens). Tensors of a batch
 * are disposed once they are read, as TensorFlow.js does it: give new ones each time.
 *
 * With `run` and `resume` it goes on as `fit` does, on a data set that gives the same batches again: those of the pass
 * that were trained on are read and passed over, and checked by their hash.
 * @param model compiled; with several outputs, the sum of their losses is minimized, each times its `lossWeights`
 * @param dataset gives { xs, ys } or [x, y]: [examples, ...input] and [examples, ...output], of several inputs or outputs
 *   in lists or by their names; no batch larger than the first (or than `batchSize`)
 * @returns History: `history` lists, by 'loss', the metrics, and both with 'val_', a number for each epoch
 * @throws GradpoolError that says in one line what of the model, the arguments or which batch does not fit, or when none
 *   comes within `batchTimeout`; what the data set throws is the cause of one that names the batch, and what a callback
 *   throws comes as it is. The model then keeps the weights that the last `onEpochEnd` saw.
 * @example
 * async function* batches() {
 *   for await (const rows of readRows('large.csv', 32)) yield { xs: tf.tensor(rows.x), ys: tf.tensor(rows.y) };
 * }
 * const { history } = await fitDataset(model, batches, { epochs: 2, workers: 8 });
 */
export async function fitDataset(
  model: LayersModel,
  dataset: BatchSource,
  args: FitDatasetArgs,
): Promise<History> {
  checkModel(model, 'fitDataset');
  checkSource(dataset, 'dataset');
  checkArgs(args);
  const sources = openSources(dataset, args);
  try {
    return await alone(model, () => run(model, sources, dataset, args));
  } finally {
    await Promise.all([sources.train.close(), sources.test?.close()]);
  }
}

interface Sources {
  readonly train: Source;
  /** Where the validation data stream, too. */
  readonly test: Source | undefined;
}

function openSources(
  dataset: BatchSource,
  { batchTimeout, validationData, batchesPerEpoch }: FitDatasetArgs,
): Sources {
  const [timeout, again] = [batchTimeout ?? 300, 'give a function that returns one'];
  const hint = batchesPerEpoch ? again : `${again}, or \`batchesPerEpoch\``;
  return {
    train: openSource({ ...{ given: dataset, name: 'dataset', timeout }, hint }),
    test: isSource(validationData)
      ? openSource({ ...{ given: validationData, name: 'validationData', timeout }, hint: again })
      : undefined,
  };
}

/** As tfjs, takes a list for a pair of tensors. */
const isSource = (data: FitDatasetArgs['validationData']): data is BatchSource =>
  data !== undefined && data !== null && !Array.isArray(data);

async function run(
  model: LayersModel,
  sources: Sources,
  dataset: BatchSource,
  args: FitDatasetArgs,
): Promise<History> {
  const { onEvent = warn, observers, signal, classWeight } = args;
  const part = runPart(args);
  const { weights, ...spec } = holdModel(model, { ends: 'several', ...layersOf(args.layers) });
  const { network } = spec;
  const own = ownOptimizer(args);
  const held = holdOptimizer(model, { weights, network }, own);
  const compiled = compiledSettings(model, network, compiledOptions(args));
  checkOutputs(network, compiled.loss, false);
  const classWeights = classWeight ? classWeightsOf(classWeight, model.outputNames) : undefined;
  if (classWeights) checkClassWeights(classWeights, compiled, outputEnds(network));
  const optimizer = settingsOf(held);
  const [state, { config, ...rooms }] = await Promise.all([
    readState(held),
    roomsOf(model, network, compiled, sources, args),
    checkOwn(compiled, model),
  ]);
  const isValidated = rooms.test !== undefined;
  const callbacks = await createCallbacks(model, args, paramsOf(dataset, args, compiled, isValidated));
  const request = {
    ...{ model: spec, ...rooms, stream: streamOf(args, sources), ...part },
    fit: {
      ...{ ...compiledPart(compiled, callbacks), state },
      ...{ initialEpoch: args.initialEpoch ?? 0, shuffle: false },
      validationBatchSize: args.validationBatchSize ?? 32,
    },
    config: { ...config, optimizer },
    reportProbabilities: false,
  };
  const feed = createFeed({ model, network, takes: takesOf(compiled), sources, classWeights });
  const hooks = { ...{ onEvent, feed, observers: observers ?? [] }, ...(signal ? { signal } : {}) };
  return trainCompiled({ ...{ model, held, request, callbacks, hooks }, labels: compiled.labels });
}

/** Room for two batches of each set that streams, as large as the first one; the validation data where they are tensors. */
async function roomsOf(
  model: LayersModel,
  network: Network,
  compiled: Compiled,
  { train, test }: Sources,
  args: FitDatasetArgs,
) {
  const { validationData, classWeight, batchSize = 0, signal } = args;
  const takes = takesOf(compiled);
  const [first, firstTest, examples] = await Promise.all([
    firstCount(train, model, signal),
    test && firstCount(test, model, signal),
    Array.isArray(validationData) ? validationExamples(validationData, model, network, takes) : undefined,
  ]);
  const config = configOf(args, first);
  const room = (most: number, isWeighted: boolean) =>
    batchRoom(network, { takes, examples: 2 * most, isWeighted });
  const validation: ExampleSet | undefined =
    firstTest === undefined ? examples : room(Math.max(firstTest, batchSize), false);
  return {
    ...{ config, train: room(config.batchSize, Boolean(classWeight)) },
    ...(validation === undefined ? {} : { test: validation }),
  };
}

/** At least one: that a batch has no examples is said where it is read. One too where nobody waits for it any more. */
async function firstCount(source: Source, model: LayersModel, signal?: AbortSignal): Promise<number> {
  const count = source.first().then((batch) => tensorsOf(batch, model).x[0].shape[0] ?? 1);
  const stop = anyOf(...(signal ? [signal] : []));
  const stopped = new Promise<number>((resolve) => {
    if (stop.signal.aborted) resolve(1);
    stop.signal.addEventListener('abort', () => resolve(1));
  });
  return Math.max(1, await Promise.race([count, stopped]).finally(stop.release));
}

const streamOf = ({ batchesPerEpoch, validationBatches }: FitDatasetArgs, { test }: Sources): StreamPart => ({
  ...(batchesPerEpoch ? { batchesPerEpoch } : {}),
  ...(test === undefined ? {} : { validation: validationBatches ? { batches: validationBatches } : {} }),
});

/** As tfjs's, which knows no samples and no size of a batch here. */
function paramsOf(
  dataset: BatchSource,
  { epochs, batchesPerEpoch, verbose }: FitDatasetArgs,
  compiled: Compiled,
  doValidation: boolean,
) {
  const { size } = dataset as { readonly size?: unknown };
  const known = typeof size === 'number' && Number.isFinite(size) ? size : null;
  return {
    ...{ epochs, initialEpoch: null, samples: null, batchSize: null, steps: batchesPerEpoch ?? known },
    ...{ verbose: verbose ?? 1, doValidation, metrics: labelsOf(compiled, doValidation) },
  };
}

/** As tfjs warns, where nobody else listens. */
function warn(event: TrainEvent): void {
  if (event.kind === 'notice' && event.isWarning) process.emitWarning(event.text, 'GradpoolWarning');
}
