/** The weights of layers that have a kernel and a bias. */
import type { Shape } from '../../../shape.ts';
import type { Penalty } from '../../network.ts';
import { constraintOf } from '../config/constraint-config.ts';
import {
  flag,
  initializer,
  invalidField,
  isObject,
  type LayerConfig,
  show,
  unsupportedLayer,
} from '../config/layer-config.ts';
import type { AddParameter, WeightMarks } from './reader.ts';

export function readWeights(layer: LayerConfig, kernelShape: Shape, addParameter: AddParameter) {
  const kernel = readKernel(layer, kernelShape, addParameter);
  return { kernel, ...readBias(layer, kernelShape.slice(-1), addParameter) };
}

/**
 * @param name of the weight; its initializer is that of the name's first part
 * @param absent tfjs's initializer where a file names none
 */
export function readKernel(
  layer: LayerConfig,
  shape: Shape,
  addParameter: AddParameter,
  name = 'kernel',
  absent = 'glorot_normal',
) {
  const field = name.replace(/_?kernel$/, '') || 'kernel';
  return addParameter(
    name,
    shape,
    initializer(layer, `${field}_initializer`, absent),
    marksOf(layer, field, shape),
  );
}

export function readBias(layer: LayerConfig, shape: Shape, addParameter: AddParameter) {
  if (!flag(layer, 'use_bias', true)) return {};
  const initial = initializer(layer, 'bias_initializer', 'zeros');
  return { bias: addParameter('bias', shape, initial, marksOf(layer, 'bias', shape)) };
}

/** @param field the first part of the names of the weight's settings */
export function marksOf(layer: LayerConfig, field: string, shape: Shape): WeightMarks {
  const penalty = penaltyOf(layer, field);
  const constraint = constraintOf(layer, field, shape);
  return {
    ...(flag(layer, 'trainable', true) ? {} : { untrained: 'frozen' }),
    ...(penalty === undefined ? {} : { penalty }),
    ...(constraint === undefined ? {} : { constraint }),
  };
}

/** tfjs's, by the names under which Keras has them too; each has factors that stand for those that are not given. */
const regularizers: ReadonlyMap<string, Penalty> = new Map([
  ['l1l2', { l1: 0.01, l2: 0.01 }],
  ['l1', { l1: 0.01, l2: 0 }],
  ['l2', { l1: 0, l2: 0.01 }],
]);

/** What the layer's regularizer of a weight adds to the loss. */
function penaltyOf(layer: LayerConfig, field: string): Penalty | undefined {
  const setting = `${field}_regularizer`;
  const given = layer.fields[setting] ?? null;
  if (given === null) return undefined;
  const { class_name: className, config } =
    typeof given === 'string' ? { class_name: given, config: {} } : isObject(given) ? given : {};
  const absent = typeof className === 'string' ? regularizers.get(className.toLowerCase()) : undefined;
  if (absent === undefined) throw unsupportedLayer(layer, `\`${setting}\` is ${show(given)}`);
  const { l1 = absent.l1, l2 = absent.l2 } = isObject(config) ? config : {};
  if (!isFactor(l1) || !isFactor(l2))
    throw invalidField(layer, setting, 'a regularizer with finite factors `l1` and `l2`', given);
  return l1 === 0 && l2 === 0 ? undefined : { l1, l2 };
}

const isFactor = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
