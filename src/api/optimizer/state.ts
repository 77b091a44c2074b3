import { dispose, type Optimizer, scalar, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { firstLineOf, inputError } from '../../errors.ts';
import { show } from '../../model/keras/config/layer-config.ts';
import type { Network, Parameter } from '../../model/network.ts';
import type { HeldModel } from '../../model/tfjs/layers-model.ts';
import { collectedWeights, movedWeights } from '../../model/tfjs/trained-weights.ts';
import type { OptimizerSettings, OptimizerState } from '../../optimizer/settings.ts';
import { type NamedTensor, setWeights, weightsOf } from './saved-weights.ts';
import { type CompiledName, type CompiledSettings, learningRateOf, optimizerSettings } from './settings.ts';

/** The optimizer of a model, and the weights that it moves, as they were when the training began. */
export interface HeldOptimizer {
  readonly optimizer: Optimizer;
  /** In the order of `network.parameters`: first those that train. */
  readonly weights: readonly LayerVariable[];
  readonly network: Network;
  /** The parameters that the optimizer has state of, in its order: what `compile` collected. */
  readonly places: readonly Parameter[];
  /** Those that were not frozen. */
  readonly moved: readonly LayerVariable[];
  /** What trains in the optimizer's place, and the optimizer's learning rate when that was said. */
  readonly own?: { readonly settings: OptimizerSettings; readonly rate: number };
}

/** Takes hold of a model's optimizer, whatever the model is compiled with later. */
export function holdOptimizer(
  model: LayersModel,
  { weights, network }: Pick<HeldModel, 'weights' | 'network'>,
  own?: OptimizerSettings,
): HeldOptimizer {
  const collected = collectedWeights(model) ?? [];
  const places = collected.flatMap((weight) => network.parameters[weights.indexOf(weight)] ?? []);
  const { optimizer } = model;
  return {
    ...{ optimizer, weights, network, places, moved: movedWeights(model) },
    ...(own === undefined ? {} : { own: { settings: own, rate: learningRateOf(optimizer) } }),
  };
}

/** With the learning rate of now. */
export function settingsOf({ optimizer, own }: HeldOptimizer): OptimizerSettings {
  if (own === undefined) return optimizerSettings(optimizer);
  const rate = learningRateOf(optimizer);
  return rate === own.rate ? own.settings : { ...own.settings, learningRate: rate };
}

/**
 * What the optimizer has of steps before: its state arrays in the order of gradpool's, each in natural order.
 * @throws GradpoolError when it is of other weights, or disposed
 */
export async function readState({ optimizer, network, places, own }: HeldOptimizer): Promise<OptimizerState> {
  if (own !== undefined) return { steps: 0, arrays: [] };
  const [[steps], ...accumulators] = await readValues(optimizer);
  const arrays: Float32Array[] = [];
  for (let first = 0; first < accumulators.length; first += places.length)
    arrays.push(join(accumulators.slice(first, first + places.length), places, network.parameterCount));
  return { steps, arrays };
}

/** The count of steps, then the accumulators. */
async function readValues(optimizer: Optimizer): Promise<Float32Array[]> {
  const [iterations, ...accumulators] = await weightsOf(optimizer);
  try {
    const tensors = [iterations, ...accumulators].map(({ tensor }) => tensor);
    return await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  } catch (error) {
    throw inputError(
      `The state of the model's optimizer cannot be read: ${firstLineOf(error)}; dispose of neither before \`fit\` has ended`,
      error,
    );
  } finally {
    dispose(iterations.tensor);
  }
}

function join(
  values: readonly Float32Array[],
  parameters: readonly Parameter[],
  parameterCount: number,
): Float32Array {
  const natural = new Float32Array(parameterCount);
  for (const [index, { size, shape, offset, name }] of parameters.entries()) {
    const found = values[index];
    if (found?.length !== size)
      throw inputError(
        `Expected the optimizer's state for ${show(name)} to be of shape [${shape.join(', ')}], got ${found === undefined ? 'none' : `${found.length} values`}; compile each model with an optimizer of its own`,
      );
    natural.set(found, offset);
  }
  return natural;
}

/** What tfjs appends to a weight's name, by the optimizer and the place of the state array. */
const suffixes: Readonly<Record<CompiledName, readonly string[]>> = {
  sgd: [],
  momentum: ['momentum'],
  adam: ['m', 'v'],
  rmsprop: ['rms', 'momentum'],
  adagrad: ['accumulator'],
  tfjsAdadelta: ['accum_grad', 'accum_var'],
  adamax: ['m', 'v'],
};

/**
 * Makes the optimizer go on from a state, so that a `model.fit` or a `fit` after this one does.
 * @param began the state that the training began with, which that of weights that did not move stays
 */
export async function writeState(
  { optimizer, weights: held, network, places, own }: HeldOptimizer,
  began: OptimizerState,
  { steps, arrays }: OptimizerState,
): Promise<void> {
  if (own !== undefined) return;
  const settings = optimizerSettings(optimizer);
  const before = (await weightsOf(optimizer)).map((weight) => weight.tensor);
  const weights: NamedTensor[] = [{ name: 'iter', tensor: scalar(steps, 'int32') }];
  for (const [array, suffix] of suffixes[settings.name].entries())
    for (const place of places)
      weights.push({
        name: `${nameOf(held[network.parameters.indexOf(place)].read())}/${suffix}`,
        tensor: tensor(
          stateAt(place, isTrained(place, network) ? arrays[array] : began.arrays[array], settings),
          [...place.shape],
        ),
      });
  await setWeights(optimizer, weights);
  dispose(before);
  dispose(weights.map((weight) => weight.tensor));
}

function stateAt({ offset, size }: Parameter, values: Float32Array | undefined, settings: CompiledSettings) {
  const initial = settings.name === 'adagrad' ? settings.initialAccumulatorValue : 0;
  return values?.slice(offset, offset + size) ?? new Float32Array(size).fill(initial);
}

/** Those that no gradient moves come last. */
const isTrained = ({ offset }: Parameter, { parameterCount, stateCount }: Network): boolean =>
  offset < parameterCount - stateCount;

/** A weight's value is a tf.Variable, which has a name. */
const nameOf = (variable: Tensor): string => ('name' in variable ? String(variable.name) : 'weight');
