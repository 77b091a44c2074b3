import { dispose, type Optimizer, scalar, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { firstLineOf, inputError, usageError } from '../errors.ts';
import { show } from '../model/layer-config.ts';
import type { HeldModel } from '../model/layers-model.ts';
import type { Network, Parameter } from '../model/network.ts';
import { collectedWeights } from '../model/trained-weights.ts';
import type { OptimizerSettings, OptimizerState } from '../protocol.ts';

/**
 * A TensorFlow.js optimizer as plain data: its hyper-parameters of now.
 * @throws GradpoolError for an optimizer, or a setting of it, that gradpool does not have
 */
export function optimizerSettings(optimizer: Optimizer): OptimizerSettings {
  const name = optimizer.getClassName();
  const config = optimizer.getConfig();
  const number = (field: string): number => configNumber(name, field, config[field]);
  const learningRate = number('learningRate');
  switch (name) {
    case 'SGD':
      return { name: 'sgd', learningRate };
    case 'Momentum':
      return {
        ...{ name: 'momentum', learningRate, momentum: number('momentum') },
        nesterov: config.useNesterov === true,
      };
    case 'Adam': {
      const [beta1, beta2, epsilon] = [number('beta1'), number('beta2'), number('epsilon')];
      return { name: 'adam', learningRate, beta1, beta2, epsilon: positive(name, epsilon) };
    }
    case 'RMSProp': {
      // With a gradient of 0, the root that TensorFlow.js takes there is of -epsilon.
      if (config.centered === true)
        throw inputError('Expected an RMSProp optimizer that is not `centered`, got a centered one');
      const [decay, momentum, epsilon] = [number('decay'), number('momentum'), number('epsilon')];
      return { name: 'rmsprop', learningRate, decay, momentum, epsilon: positive(name, epsilon) };
    }
    case 'Adagrad': {
      const initialAccumulatorValue = number('initialAccumulatorValue');
      return { name: 'adagrad', learningRate, initialAccumulatorValue, epsilon: backendEpsilon };
    }
    default:
      throw inputError(
        `Expected the model's optimizer to be SGD, Momentum, Adam, RMSProp or Adagrad, got ${name}; compile the model with one of them`,
      );
  }
}

/** A part of an optimizer's state, as tfjs saves it. */
type NamedTensor = Awaited<ReturnType<Optimizer['getWeights']>>[number];

/** Of TensorFlow.js's float32 backends; Adagrad has no setting for it. */
const backendEpsilon = 1e-7;

function configNumber(optimizer: string, field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw usageError(
    `Expected \`${field}\` of the ${optimizer} optimizer to be a finite number, got ${show(value)}`,
  );
}

/** Without an epsilon, a gradient that has always been 0 is divided by 0. */
function positive(optimizer: string, epsilon: number): number {
  if (epsilon > 0) return epsilon;
  throw usageError(`Expected \`epsilon\` of the ${optimizer} optimizer to be greater than 0, got ${epsilon}`);
}

/** The optimizer of a model, and the weights that it moves, as they were when the training began. */
export interface HeldOptimizer {
  readonly optimizer: Optimizer;
  /** In the order of `network.parameters`: first those that train. */
  readonly weights: readonly LayerVariable[];
  readonly network: Network;
  /** The parameters that the optimizer has state of, in its order: what `compile` collected. */
  readonly places: readonly Parameter[];
}

/** Takes hold of a model's optimizer, whatever the model is compiled with later. */
export function holdOptimizer(
  model: LayersModel,
  { weights, network }: Pick<HeldModel, 'weights' | 'network'>,
): HeldOptimizer {
  const collected = collectedWeights(model) ?? [];
  const places = collected.flatMap((weight) => network.parameters[weights.indexOf(weight)] ?? []);
  return { optimizer: model.optimizer, weights, network, places };
}

/**
 * What the optimizer has of steps before: its state arrays in the order of gradpool's, each in natural order.
 * @throws GradpoolError when it is of other weights, or disposed
 */
export async function readState({ optimizer, network, places }: HeldOptimizer): Promise<OptimizerState> {
  const [[steps], ...accumulators] = await readValues(optimizer);
  const arrays: Float32Array[] = [];
  for (let first = 0; first < accumulators.length; first += places.length)
    arrays.push(join(accumulators.slice(first, first + places.length), places, network.parameterCount));
  return { steps, arrays };
}

/** The count of steps, then the accumulators. */
async function readValues(optimizer: Optimizer): Promise<Float32Array[]> {
  const [iterations, ...accumulators] = await optimizer.getWeights();
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
const suffixes: Readonly<Record<OptimizerSettings['name'], readonly string[]>> = {
  sgd: [],
  momentum: ['momentum'],
  adam: ['m', 'v'],
  rmsprop: ['rms', 'momentum'],
  adagrad: ['accumulator'],
};

/**
 * Makes the optimizer go on from a state, so that a `model.fit` or a `fit` after this one does.
 * @param began the state that the training began with, which that of weights that did not move stays
 */
export async function writeState(
  { optimizer, weights: held, network, places }: HeldOptimizer,
  settings: OptimizerSettings,
  began: OptimizerState,
  { steps, arrays }: OptimizerState,
): Promise<void> {
  const before = (await optimizer.getWeights()).map((weight) => weight.tensor);
  const weights: NamedTensor[] = [{ name: 'iter', tensor: scalar(steps, 'int32') }];
  for (const [array, values] of arrays.entries())
    for (const place of places)
      weights.push({
        name: `${nameOf(held[network.parameters.indexOf(place)].read())}/${suffixes[settings.name][array]}`,
        tensor: tensor(stateAt(place, isTrained(place, network) ? values : began.arrays[array], settings), [
          ...place.shape,
        ]),
      });
  await optimizer.setWeights(weights);
  dispose(before);
  dispose(weights.map((weight) => weight.tensor));
}

function stateAt({ offset, size }: Parameter, values: Float32Array | undefined, settings: OptimizerSettings) {
  const initial = settings.name === 'adagrad' ? settings.initialAccumulatorValue : 0;
  return values?.slice(offset, offset + size) ?? new Float32Array(size).fill(initial);
}

/** Those that no gradient moves come last. */
const isTrained = ({ offset }: Parameter, { parameterCount, stateCount }: Network): boolean =>
  offset < parameterCount - stateCount;

/** A weight's value is a tf.Variable, which has a name. */
const nameOf = (variable: Tensor): string => ('name' in variable ? String(variable.name) : 'weight');
