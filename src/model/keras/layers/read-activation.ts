/** Activations, as layers and as the `activation` of other layers. */
import type { Shape } from '../../../shape.ts';
import type { ActivationName } from '../../network.ts';
import type { Activation } from '../../sequence-layers.ts';
import {
  initializer,
  invalidField,
  isPositiveInteger,
  type LayerConfig,
  refuseSettings,
  show,
  unsupportedLayer,
} from '../config/layer-config.ts';
import { marksOf } from './layer-weights.ts';
import type { AddParameter, ReadLayer, UnconnectedLayer } from './reader.ts';

/** By the names of Keras 2, which TensorFlow.js writes too. */
const activations: ReadonlyMap<string, readonly [name: ActivationName, setting?: number]> = new Map([
  ...plain('relu', 'sigmoid', 'tanh', 'elu', 'selu', 'softplus', 'softsign', 'swish', 'mish', 'gelu'),
  ['hard_sigmoid', ['hardSigmoid']],
  ['hardSigmoid', ['hardSigmoid']],
  ['relu6', ['cappedReLU', 6]],
  ['gelu_new', ['geluNew']],
]);

function plain(...names: readonly ActivationName[]): [string, [ActivationName, number?]][] {
  return names.map((name) => [name, [name]]);
}

/** Puts the layer's `activation` behind it. */
export function activated(layer: LayerConfig, layers: readonly UnconnectedLayer[], output: Shape): ReadLayer {
  const activation = layer.fields.activation ?? 'linear';
  if (activation === 'linear') return { layers, output };
  if (activation === 'softmax') return { layers, output, softmax: true };
  if (activation === 'log_softmax' || activation === 'logSoftmax')
    return { layers: [...layers, logSoftmax(layer, output)], output };
  const known = typeof activation === 'string' ? activations.get(activation) : undefined;
  if (known === undefined) throw unsupportedLayer(layer, `its activation is ${show(activation)}`);
  return { layers: [...layers, activationLayer(layer, output, ...known)], output };
}

/**
 * An activation that a layer computes within.
 * @returns undefined for 'linear'
 */
export function activationWithin(layer: LayerConfig, field: string, absent: string): Activation | undefined {
  const given = layer.fields[field];
  // null is TensorFlow.js's other word for linear.
  const name = given === undefined ? absent : (given ?? 'linear');
  if (name === 'linear') return undefined;
  const known = typeof name === 'string' ? activations.get(name) : undefined;
  if (known === undefined) throw unsupportedLayer(layer, `\`${field}\` is ${show(name)}`);
  const [activation, setting] = known;
  return setting === undefined ? { activation } : { activation, setting };
}

/** With a `max_value` it is capped. */
export function readRelu(layer: LayerConfig, input: Shape): ReadLayer {
  refuseSettings(layer, ['negative_slope', 'threshold'], 0);
  const cap = layer.fields.max_value ?? undefined;
  if (cap === undefined) return alone(activationLayer(layer, input, 'relu'));
  if (typeof cap === 'number' && Number.isFinite(cap) && cap >= 0)
    return alone(activationLayer(layer, input, 'cappedReLU', cap));
  throw invalidField(layer, 'max_value', 'a finite number >= 0', cap);
}

export const readLeakyRelu = (layer: LayerConfig, input: Shape): ReadLayer =>
  alone(activationLayer(layer, input, 'leakyReLU', finite(layer, 'alpha', 0.3)));

export const readThresholdedRelu = (layer: LayerConfig, input: Shape): ReadLayer =>
  alone(activationLayer(layer, input, 'thresholdedReLU', finite(layer, 'theta', 1)));

/** TensorFlow.js knows no other alpha than 1. */
export function readElu(layer: LayerConfig, input: Shape): ReadLayer {
  refuseSettings(layer, ['alpha'], 1);
  return alone(activationLayer(layer, input, 'elu'));
}

/** Of the last axis; tfjs's default is axis 1, which is the last one of a vector. */
export function readSoftmax(layer: LayerConfig, input: Shape): ReadLayer {
  const axis = layer.fields.axis ?? 1;
  if (axis !== -1 && axis !== input.length)
    throw unsupportedLayer(layer, `\`axis\` is ${show(axis)}, and not the last one`);
  return { layers: [], output: input, softmax: true };
}

export function readPRelu(layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer {
  const shared = layer.fields.shared_axes ?? [];
  if (!Array.isArray(shared) || !shared.every((axis) => isPositiveInteger(axis) && axis <= input.length))
    throw invalidField(layer, 'shared_axes', `a list of whole numbers from 1 to ${input.length}`, shared);
  const shape = input.map((size, axis) => (shared.includes(axis + 1) ? 1 : size));
  const initial = initializer(layer, 'alpha_initializer', 'zeros');
  const alpha = addParameter('alpha', shape, initial, marksOf(layer, 'alpha', shape));
  const { name, index } = layer;
  return alone({ kind: 'prelu', name, index, input, output: input, alpha });
}

/** Of the last axis. */
function logSoftmax({ name, index }: LayerConfig, output: Shape): UnconnectedLayer<'logSoftmax'> {
  const columns = output[output.length - 1];
  return { kind: 'logSoftmax', name, index, input: output, output, columns };
}

const alone = (layer: UnconnectedLayer): ReadLayer => ({ layers: [layer], output: layer.output });

function finite(layer: LayerConfig, field: string, absent: number): number {
  const value = layer.fields[field] ?? absent;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalidField(layer, field, 'a finite number', value);
}

function activationLayer(
  layer: LayerConfig,
  shape: Shape,
  activation: ActivationName,
  setting?: number,
): UnconnectedLayer<'activation'> {
  const { name, index } = layer;
  const made = { kind: 'activation', name, index, input: shape, output: shape, activation } as const;
  return setting === undefined ? made : { ...made, setting };
}
