import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { inputError } from '../errors.ts';
import { show } from './layer-config.ts';
import { type Network, type Opaque, type Parameter, type Shape, sizeOf } from './network.ts';
import { endsInSoftmax } from './output-softmax.ts';
import type { ReadNetworkOptions } from './read-network.ts';
import type { SplitWeights } from './trained-weights.ts';

/** What is used of a layers model. */
export type WeightedModel = Pick<LayersModel, 'inputs' | 'outputs'> & SplitWeights;

/**
 * The network of a model that the embedded engines do not support: what goes in and out, and the weights, without
 * layers. Only the tensorflow engine takes it.
 * @throws GradpoolError unless it has one input, one output, known shapes and float32 weights, of which some train
 */
export function opaqueNetwork(
  model: WeightedModel,
  topology: object,
  opaque: Opaque,
  { output: wanted = 'classes', purpose }: ReadNetworkOptions,
): Network {
  const input = onlyShape('input', model.inputs);
  const output = onlyShape('output', model.outputs);
  if (wanted === 'classes' && (output.length !== 1 || output[0] < 2))
    throw inputError(
      `Expected the model's output to be a vector of one logit a class, [classes] with 2 or more classes, got [${output.join(', ')}]`,
    );
  const { parameters, parameterCount } = namedParameters([...model.trained, ...model.others]);
  const trainable = sumOfSizes(parameters.slice(0, model.trained.length));
  if (trainable === 0 && purpose !== 'infer')
    throw inputError(
      parameterCount === 0
        ? 'The model has no layer with parameters: there is nothing to train'
        : 'The model has no layer with parameters that train: there is nothing to train; set `trainable` of one to true, and compile the model again if it is compiled',
    );
  return {
    ...{ input, output, layers: [], classes: sizeOf(output), endsInSoftmax: endsInSoftmax(topology) },
    ...{ parameters, parameterCount, stateCount: parameterCount - trainable, opaque },
  };
}

function onlyShape(what: 'input' | 'output', tensors: readonly { shape: (number | null)[] }[]): Shape {
  if (tensors.length !== 1)
    throw inputError(
      `Expected a model with one ${what}, got one with ${tensors.length}: gradpool trains models with one input and one output`,
    );
  const shape = tensors[0].shape.slice(1);
  if (shape.some((size) => size === null))
    throw inputError(
      `Expected the shape of the model's ${what} to be known but for the examples, got [${tensors[0].shape.map(show).join(', ')}]; give the layer a whole inputShape`,
    );
  return shape as number[];
}

/** Weights as parameters, one after the other. */
export function namedParameters(weights: readonly LayerVariable[]) {
  let offset = 0;
  const parameters = weights.map(({ originalName: name, shape, dtype }): Parameter => {
    if (dtype !== 'float32')
      throw inputError(`Expected the model's weight ${show(name)} to be float32, got ${dtype}`);
    const known = shape.map((size) => size ?? 1);
    const size = sizeOf(known);
    offset += size;
    const initializer = { className: 'TensorFlow.js', config: {} };
    return { name, shape: known, offset: offset - size, size, initializer };
  });
  return { parameters, parameterCount: offset };
}

const sumOfSizes = (parameters: readonly Parameter[]): number =>
  parameters.reduce((sum, { size }) => sum + size, 0);
