import {
  flag,
  initializer,
  invalidField,
  type LayerConfig,
  refuseSettings,
  show,
  unsupportedLayer,
} from './layer-config.ts';
import type { Shape } from './network.ts';
import type { AddParameter, ReadLayer } from './reader.ts';

/** tfjs's defaults. A frozen layer's averages move while training too, as they do in TensorFlow.js. */
export function readBatchNormalization(
  layer: LayerConfig,
  input: Shape,
  addParameter: AddParameter,
): ReadLayer {
  refuseSettings(layer, ['gamma_regularizer', 'beta_regularizer', 'gamma_constraint', 'beta_constraint']);
  const axis = layer.fields.axis ?? -1;
  const given = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis;
  if (given !== -1 && given !== input.length)
    throw unsupportedLayer(layer, `\`axis\` is ${show(axis)}, and not the last one`);
  const channels = input[input.length - 1];
  const untrained = flag(layer, 'trainable', true) ? undefined : 'frozen';
  const weight = (name: string, initial: string, as: 'average' | 'frozen' | undefined) =>
    addParameter(name, [channels], initializer(layer, `${name}_initializer`, initial), as);
  const gamma = flag(layer, 'scale', true) ? { gamma: weight('gamma', 'ones', untrained) } : {};
  const beta = flag(layer, 'center', true) ? { beta: weight('beta', 'zeros', untrained) } : {};
  const { name, index } = layer;
  const normalization = {
    ...({ kind: 'batchNormalization', name, index, input, output: input, channels } as const),
    momentum: fraction(layer, 'momentum', 0.99),
    epsilon: fraction(layer, 'epsilon', 0.001),
    ...gamma,
    ...beta,
    movingMean: weight('moving_mean', 'zeros', 'average'),
    movingVariance: weight('moving_variance', 'ones', 'average'),
  };
  return { layers: [normalization], output: input };
}

function fraction(layer: LayerConfig, field: string, absent: number): number {
  const value = layer.fields[field] ?? absent;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalidField(layer, field, 'a number from 0 to 1', value);
}
