import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { inputError } from '../../errors.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { endsOf } from '../ends.ts';
import { constraintNamed } from '../keras/config/constraint-config.ts';
import { type JsonObject, show } from '../keras/config/layer-config.ts';
import { checkOneEnd, type ReadNetworkOptions } from '../keras/read-network.ts';
import type { Constraint, Network, Opaque, Parameter } from '../network.ts';
import { endsInSoftmax } from './output-softmax.ts';
import type { SplitWeights } from './trained-weights.ts';

/** What is used of a layers model. */
export type WeightedModel = Pick<LayersModel, 'inputs' | 'outputs'> & SplitWeights;

/**
 * The network of a model that the embedded engines do not support: what goes in and out, and the weights, without
 * layers. Only the tensorflow engine takes it.
 * @throws GradpoolError unless it has known shapes and float32 weights, of which some train
 */
export function opaqueNetwork(
  model: WeightedModel,
  topology: object,
  opaque: Opaque,
  { purpose, ends = 'one' }: ReadNetworkOptions,
): Network {
  if (ends === 'one') checkOneEnd(model.inputs.length, model.outputs.length);
  const inputs = knownShapes('input', model.inputs);
  // Tensors have no numbers where there are no layers.
  const outputs = knownShapes('output', model.outputs).map((shape) => ({ tensor: 0, shape }));
  const isOne = outputs.length === 1;
  const { parameters, parameterCount } = namedParameters([...model.trained, ...model.others]);
  const trainable = sumOfSizes(parameters.slice(0, model.trained.length));
  if (trainable === 0 && purpose !== 'infer')
    throw inputError(
      parameterCount === 0
        ? 'The model has no layer with parameters: there is nothing to train'
        : 'The model has no layer with parameters that train: there is nothing to train; set `trainable` of one to true, and compile the model again if it is compiled',
    );
  return {
    ...{ ...endsOf(inputs, outputs), layers: [], endsInSoftmax: isOne && endsInSoftmax(topology) },
    ...{ parameters, parameterCount, stateCount: parameterCount - trainable, opaque },
  };
}

function knownShapes(what: 'input' | 'output', tensors: readonly { shape: (number | null)[] }[]): Shape[] {
  return tensors.map(({ shape: whole }) => {
    const shape = whole.slice(1);
    if (shape.some((size) => size === null))
      throw inputError(
        `Expected the shape of the model's ${what} to be known but for the examples, got [${whole.map(show).join(', ')}]; give the layer a whole inputShape`,
      );
    return shape as number[];
  });
}

/** Weights as parameters, one after the other. */
export function namedParameters(weights: readonly LayerVariable[]) {
  let offset = 0;
  const parameters = weights.map((weight): Parameter => {
    const { originalName: name, shape, dtype } = weight;
    if (dtype !== 'float32')
      throw inputError(`Expected the model's weight ${show(name)} to be float32, got ${dtype}`);
    const known = shape.map((size) => size ?? 1);
    const size = sizeOf(known);
    offset += size;
    const initializer = { className: 'TensorFlow.js', config: {} };
    const constraint = constraintOf(weight, known);
    const parameter = { name, shape: known, offset: offset - size, size, initializer };
    return constraint === undefined ? parameter : { ...parameter, constraint };
  });
  return { parameters, parameterCount: offset };
}

/** What is used of tfjs's constraint of a weight, which its types hide. */
interface LiveConstraint {
  getClassName(): string;
  getConfig(): JsonObject;
}

function constraintOf(weight: LayerVariable, shape: Shape): Constraint | undefined {
  const { constraint } = weight as unknown as { constraint: LiveConstraint | null };
  if (constraint === null || constraint === undefined) return undefined;
  const { minValue: min_value, maxValue: max_value, ...settings } = constraint.getConfig();
  const known = constraintNamed(constraint.getClassName(), { ...settings, min_value, max_value }, shape);
  if (known !== undefined && known !== 'invalid') return known;
  throw inputError(
    `Expected the constraint of the model's weight ${show(weight.originalName)} to be maxNorm, minMaxNorm, nonNeg or unitNorm, along its axes, got ${show(constraint.getClassName())}`,
  );
}

const sumOfSizes = (parameters: readonly Parameter[]): number =>
  parameters.reduce((sum, { size }) => sum + size, 0);
