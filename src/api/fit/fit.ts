import type { History, LayersModel } from '@tensorflow/tfjs-layers';
import { isMonitored } from '../../config/course-options.ts';
import { checkOutputs } from '../../coordinator/examples/check-output.ts';
import type { ExampleSet } from '../../data/example-set.ts';
import { outputEnds } from '../../model/ends.ts';
import type { ModelSpec } from '../../model/model-spec.ts';
import { holdModel } from '../../model/tfjs/layers-model.ts';
import { holdOptimizer, readState, settingsOf } from '../optimizer/state.ts';
import { layersOf, runPart } from '../run-options.ts';
import { examplesOf, type Given, givenTensors, split, type Tensors } from '../tensors/examples.ts';
import { checkArgs, type FitArgs, ownOptimizer, type ResolvedArgs, resolveArgs } from './args.ts';
import { createCallbacks } from './callbacks.ts';
import { checkClassWeights, classWeightsOf, exampleWeights } from './class-weights.ts';
import { type Compiled, compiledOptions, compiledSettings, labelsOf, takesOf } from './compiled.ts';
import { checkOwn } from './own-functions.ts';
import type { Held } from './switched.ts';
import { compiledPart, trainCompiled } from './train-compiled.ts';
import { alone, checkModel } from './trainable.ts';
import { validationExamples } from './validation.ts';

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
 * A learning rate that a callback gives the optimizer counts from then on; weights that it sets do not. Layers
 * that it freezes or thaws in `onEpochEnd` are so from the next epoch on, but not in a `fit` with `run`.
 *
 * With `run` it keeps a run directory as `train` does, and `resume` goes on from its newest checkpoint, in this process or
 * another: epochs and steps that are done there are not done again, and History has those from there on.
 * @param model compiled; with several outputs, the sum of their losses is minimized, each times its `lossWeights`
 * @param x [examples, ...input]; of several inputs a list, or an object by input name
 * @param y [examples, ...output]; for sparseCategoricalCrossentropy class numbers, [examples] or [examples, 1]; of
 *   several outputs a list, or an object by output name
 * @returns History: `history` lists, by 'loss', the metrics, and both with 'val_', a number for each epoch
 * @throws GradpoolError that says in one line what of the model, the data or the arguments does not fit, or when the
 *   loss is not finite; what a callback throws or rejects with, the same error. The model then keeps the weights that
 *   the last `onEpochEnd` saw.
 * @example
 * model.compile({ loss: 'meanSquaredError', optimizer: 'adam' });
 * const { history } = await fit(model, x, y, { epochs: 2, validationSplit: 0.1, workers: 8 });
 */
export async function fit(model: LayersModel, x: Tensors, y: Tensors, args: FitArgs = {}): Promise<History> {
  checkModel(model, 'fit');
  checkArgs(args);
  return alone(model, () => run(model, x, y, args));
}

async function run(model: LayersModel, x: Tensors, y: Tensors, args: FitArgs): Promise<History> {
  const part = runPart(args);
  const hold = () => holdCompiled(model, args);
  const { spec, held } = hold();
  const compiled = compiledSettings(model, spec.network, compiledOptions(args));
  checkOutputs(spec.network, compiled.loss, false);
  const given = givenTensors(model, [x, y], ['x', 'y']);
  const resolved = resolveArgs(args, given.x[0].shape[0] ?? 0);
  const optimizer = settingsOf(held);
  // All of it begins before anything is waited for: the caller may then dispose of tensors.
  const [state, data] = await Promise.all([
    readState(held),
    dataOf(model, spec, compiled, given, args, resolved),
    checkOwn(compiled, model),
  ]);
  const callbacks = await createCallbacks(model, args, {
    ...{
      epochs: resolved.config.epochs,
      initialEpoch: resolved.initialEpoch,
      samples: data.train.count,
      steps: null,
    },
    ...{ batchSize: resolved.config.batchSize, verbose: resolved.verbose },
    ...{
      doValidation: data.validation !== undefined,
      metrics: labelsOf(compiled, data.validation !== undefined),
    },
  });
  const { train, validation: test } = data;
  const request = {
    ...{ model: spec, train, ...(test === undefined ? {} : { test }), ...part },
    fit: { ...compiledPart(compiled, callbacks), state, ...resolvedPart(resolved) },
    config: { ...resolved.config, optimizer },
    reportProbabilities: false,
  };
  const training = { model, held, request, labels: compiled.labels, callbacks, hooks: args };
  // A run directory is of one training, and so is what it monitors, and what no compiled optimizer has a place for.
  const { emaMomentum, accumulateSteps } = resolved.config.update;
  const hasOwnState = emaMomentum !== undefined || accumulateSteps > 1 || args.optimizer !== undefined;
  const isOne = args.run !== undefined || isMonitored(resolved.config) || hasOwnState;
  return trainCompiled(isOne ? training : { ...training, holdAgain: hold });
}

function holdCompiled(model: LayersModel, { layers, ...args }: FitArgs): Held {
  const { weights, ...spec } = holdModel(model, { ends: 'several', ...layersOf(layers) });
  return { spec, held: holdOptimizer(model, { weights, network: spec.network }, ownOptimizer(args)) };
}

const resolvedPart = ({ initialEpoch, shuffle, config }: ResolvedArgs) => ({
  ...{ initialEpoch, shuffle, validationBatchSize: config.batchSize },
});

interface Data {
  readonly train: ExampleSet;
  readonly validation?: ExampleSet;
}

async function dataOf(
  model: LayersModel,
  { network }: ModelSpec,
  compiled: Compiled,
  given: Given,
  { validationData, classWeight }: FitArgs,
  { trained }: ResolvedArgs,
): Promise<Data> {
  const takes = takesOf(compiled);
  const [all, validation] = await Promise.all([
    examplesOf(given, network, takes),
    validationData ? validationExamples(validationData, model, network, takes) : undefined,
  ]);
  const [first, rest] = split(all, trained);
  const train = classWeight ? { ...first, weights: weightsOf(first) } : first;
  if (validation !== undefined) return { train, validation };
  return rest.count === 0 ? { train } : { train, validation: rest };

  function weightsOf(examples: ExampleSet): Float32Array {
    const weights = classWeightsOf(classWeight, model.outputNames);
    const ends = outputEnds(network);
    checkClassWeights(weights, compiled, ends);
    const result = new Float32Array(new SharedArrayBuffer(examples.count * ends.length * 4));
    return exampleWeights(weights, examples, ends, result);
  }
}
