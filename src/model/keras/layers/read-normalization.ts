import type { Shape } from '../../../shape.ts';
import {
  flag,
  initializer,
  invalidField,
  type LayerConfig,
  show,
  unsupportedLayer,
} from '../config/layer-config.ts';
import { marksOf } from './layer-weights.ts';
import type { AddParameter, ReadLayer } from './reader.ts';

/** tfjs's defaults. A frozen layer's averages move while training too, as they do in TensorFlow.js. */
export function readBatchNormalization(
  layer: LayerConfig,
  input: Shape,
  addParameter: AddParameter,
): ReadLayer {
  const channels = lastOf(layer, input);
  const { weight, scaling } = scalingOf(layer, channels, addParameter);
  const { name, index } = layer;
  const normalization = {
    ...({ kind: 'batchNormalization', name, index, input, output: input, channels } as const),
    momentum: fraction(layer, 'momentum', 0.99),
    epsilon: fraction(layer, 'epsilon', 0.001),
    ...scaling,
    movingMean: weight('moving_mean', 'zeros', { untrained: 'average' }),
    movingVariance: weight('moving_variance', 'ones', { untrained: 'average' }),
  };
  return { layers: [normalization], output: input };
}

/** tfjs's defaults. */
export function readLayerNormalization(
  layer: LayerConfig,
  input: Shape,
  addParameter: AddParameter,
): ReadLayer {
  const size = lastOf(layer, input);
  const { scaling } = scalingOf(layer, size, addParameter);
  const { name, index } = layer;
  const epsilon = fraction(layer, 'epsilon', 0.001);
  const common = { kind: 'layerNormalization', name, index, input, output: input } as const;
  return { layers: [{ ...common, size, epsilon, ...scaling }], output: input };
}

/** The length of the last axis, which the layer has to name. */
function lastOf(layer: LayerConfig, input: Shape): number {
  const axis = layer.fields.axis ?? -1;
  const given = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis;
  if (given !== -1 && given !== input.length)
    throw unsupportedLayer(layer, `\`axis\` is ${show(axis)}, and not the last one`);
  return input[input.length - 1];
}

/** gamma and beta, where the layer has them. */
function scalingOf(layer: LayerConfig, size: number, addParameter: AddParameter) {
  const weight = (name: string, initial: string, marks = marksOf(layer, name, [size])) =>
    addParameter(name, [size], initializer(layer, `${name}_initializer`, initial), marks);
  const gamma = flag(layer, 'scale', true) ? { gamma: weight('gamma', 'ones') } : {};
  const beta = flag(layer, 'center', true) ? { beta: weight('beta', 'zeros') } : {};
  return { weight, scaling: { ...gamma, ...beta } };
}

function fraction(layer: LayerConfig, field: string, absent: number): number {
  const value = layer.fields[field] ?? absent;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalidField(layer, field, 'a number from 0 to 1', value);
}
