import { dispose, type Optimizer, scalar, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { inputError, usageError } from '../errors.ts';
import { sameShape, show } from '../model/layer-config.ts';
import type { Network, Parameter } from '../model/network.ts';
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

/** What the optimizer has of steps before: its state arrays in the order of gradpool's, each in natural order. */
export async function readState(model: LayersModel, network: Network): Promise<OptimizerState> {
  const [iterations, ...accumulators] = await model.optimizer.getWeights();
  const [steps] = await iterations.tensor.data();
  dispose(iterations.tensor);
  const trained = trainedParameters(model, network);
  const arrays: Float32Array[] = [];
  for (let first = 0; first < accumulators.length; first += trained.length) {
    const natural = new Float32Array(network.parameterCount);
    await join(accumulators.slice(first, first + trained.length), trained, natural);
    arrays.push(natural);
  }
  return { steps, arrays };
}

/** In the order of `getWeights`, those that no gradient moves come last; an optimizer has no state for them. */
const trainedParameters = (model: LayersModel, network: Network): readonly Parameter[] =>
  network.parameters.slice(0, model.trainableWeights.length);

async function join(
  tensors: readonly NamedTensor[],
  parameters: readonly Parameter[],
  natural: Float32Array,
): Promise<void> {
  for (const [index, { shape, offset, name }] of parameters.entries()) {
    const found = tensors[index]?.tensor;
    if (found === undefined || !sameShape(found.shape, shape))
      throw inputError(
        `Expected the optimizer's state for ${show(name)} to be of shape [${shape.join(', ')}], got ${found === undefined ? 'none' : `[${found.shape.join(', ')}]`}; compile each model with an optimizer of its own`,
      );
    natural.set(await found.data<'float32'>(), offset);
  }
}

/** What tfjs appends to a weight's name, by the optimizer and the place of the state array. */
const suffixes: Readonly<Record<OptimizerSettings['name'], readonly string[]>> = {
  sgd: [],
  momentum: ['momentum'],
  adam: ['m', 'v'],
  rmsprop: ['rms', 'momentum'],
  adagrad: ['accumulator'],
};

/** Makes the optimizer go on from a state, so that a `model.fit` or a `fit` after this one does. */
export async function writeState(
  model: LayersModel,
  network: Network,
  { name }: OptimizerSettings,
  { steps, arrays }: OptimizerState,
): Promise<void> {
  const { optimizer } = model;
  const before = (await optimizer.getWeights()).map((weight) => weight.tensor);
  const variables = model.trainableWeights.map((weight) => weight.read());
  const weights: NamedTensor[] = [{ name: 'iter', tensor: scalar(steps, 'int32') }];
  for (const [array, values] of arrays.entries())
    for (const [index, { offset, size, shape }] of trainedParameters(model, network).entries())
      weights.push({
        name: `${nameOf(variables[index])}/${suffixes[name][array]}`,
        tensor: tensor(values.slice(offset, offset + size), [...shape], 'float32'),
      });
  await optimizer.setWeights(weights);
  dispose(before);
  dispose(weights.map((weight) => weight.tensor));
}

/** A weight's value is a tf.Variable, which has a name. */
const nameOf = (variable: Tensor): string => ('name' in variable ? String(variable.name) : 'weight');
