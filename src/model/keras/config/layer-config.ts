/** Reads the fields of one layer's Keras configuration. It may come from any file, so nothing is believed unchecked. */
import { GradpoolError, inputError } from '../../../errors.ts';
import { type ImageShape, type Pair, type Shape, sizeOf } from '../../../shape.ts';
import { shown } from '../../../shown.ts';
import type { Initializer } from '../../network.ts';

/** Far above any model that fits into the 4 GiB of shared memory; below it no size overflows. */
const mostValues = 2 ** 28;

/** One entry of a Sequential model's list of layers. */
export interface LayerConfig {
  readonly name: string;
  /** The Keras class, e.g. `Conv2D`. */
  readonly className: string;
  /** The position in the model's own list. */
  readonly index: number;
  /** The fields, in snake_case. */
  readonly fields: JsonObject;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws GradpoolError unless `value` is { class_name, config: { name, ... } } */
export function readLayerConfig(value: unknown, index: number): LayerConfig {
  const { class_name: className, config } = isObject(value) ? value : {};
  if (typeof className !== 'string' || !isObject(config))
    throw inputError(
      `Expected layer ${index} of the model to be { class_name, config }, got ${show(value)}; a Keras 1 model has to be saved again with a newer version`,
    );
  const { name } = config;
  if (typeof name !== 'string' || name === '')
    throw inputError(
      `Expected layer ${index} of the model (${plain(className)}) to have a name, got ${show(name)}`,
    );
  const layer = { name, className, index, fields: config };
  // TensorFlow.js lets no such layer be called, and leaves those of recurrent layers out.
  if ((config.activity_regularizer ?? null) !== null)
    throw inputError(
      `Expected layer ${describe(layer)} to have no activity regularizer, which neither TensorFlow.js nor gradpool computes, got ${show(config.activity_regularizer)}`,
    );
  return layer;
}

/** The error of a layer, or a setting of it, that the embedded engines do not compute. */
export const unsupportedLayer = (layer: LayerConfig, reason: string): GradpoolError =>
  new UnsupportedModel(`Layer ${describe(layer)} is not supported by the embedded engines: ${reason}`);

/** What the embedded engines do not compute, and the tensorflow engine may. */
export class UnsupportedModel extends GradpoolError {}

/** The error of a field whose value makes no sense. */
export const invalidField = (
  layer: LayerConfig,
  field: string,
  expected: string,
  got: unknown,
): GradpoolError =>
  inputError(`Expected \`${field}\` of layer ${describe(layer)} to be ${expected}, got ${show(got)}`);

/** The error of an input shape that a layer cannot take. */
export const misfit = (layer: LayerConfig, expected: string, input: Shape): GradpoolError =>
  inputError(
    `Expected the input of layer ${describe(layer)} to be ${expected}, got the shape [${input.join(', ')}]`,
  );

/** Refuses a setting that no engine computes: every field has to be absent, null or one of `neutral`. */
export function refuseSettings(layer: LayerConfig, fields: readonly string[], ...neutral: unknown[]): void {
  for (const field of fields) {
    const value = layer.fields[field] ?? null;
    if (value !== null && !neutral.includes(value))
      throw unsupportedLayer(layer, `\`${field}\` is ${show(value)}`);
  }
}

/** A whole number from 1 to 2^31 - 1. */
export function positiveInteger(layer: LayerConfig, field: string): number {
  const value = layer.fields[field];
  if (!isPositiveInteger(value)) throw invalidField(layer, field, 'a whole number >= 1', value);
  return value;
}

/** Two whole numbers >= 1, or one that stands for both. */
export function pair(layer: LayerConfig, field: string, absent?: Pair): Pair {
  const value = layer.fields[field] ?? absent;
  if (isPositiveInteger(value)) return [value, value];
  if (Array.isArray(value) && value.length === 2 && value.every(isPositiveInteger))
    return [value[0], value[1]];
  throw invalidField(layer, field, 'a whole number >= 1 or two of them', value);
}

/** A whole number >= 1, also as a list of one: what `pair` is for sequences. */
export function single(layer: LayerConfig, field: string, absent?: number): number {
  const value = layer.fields[field] ?? absent;
  const [one, ...more] = Array.isArray(value) ? value : [value];
  if (isPositiveInteger(one) && more.length === 0) return one;
  throw invalidField(layer, field, 'a whole number >= 1 or a list of one', value);
}

export function flag(layer: LayerConfig, field: string, absent: boolean): boolean {
  const value = layer.fields[field] ?? absent;
  if (typeof value !== 'boolean') throw invalidField(layer, field, 'true or false', value);
  return value;
}

/** An initializer as { class_name, config } or by its name alone, e.g. 'glorot_uniform'. */
export function initializer(layer: LayerConfig, field: string, absent: string): Initializer {
  const value = layer.fields[field] ?? absent;
  if (typeof value === 'string') return { className: value, config: {} };
  const { class_name: className, config = {} } = isObject(value) ? value : {};
  if (typeof className !== 'string' || !isObject(config))
    throw invalidField(layer, field, 'an initializer, { class_name, config }', value);
  return { className, config };
}

/** The shape of one example, where the layer says it: `batch_input_shape` without the examples' dimension. */
export function exampleShape(layer: LayerConfig): Shape | undefined {
  const value = layer.fields.batch_input_shape ?? null;
  if (value === null) return undefined;
  const [examples, ...shape] = Array.isArray(value) ? value : [];
  const known = examples === null || isPositiveInteger(examples);
  if (!known || shape.length < 1 || shape.length > 8 || !shape.every(isPositiveInteger))
    throw invalidField(
      layer,
      'batch_input_shape',
      'null followed by one to eight whole numbers >= 1, like [null, 28, 28, 1]',
      value,
    );
  return shape;
}

export function imageShape(layer: LayerConfig, input: Shape): ImageShape {
  if (input.length !== 3) throw misfit(layer, 'images, [height, width, channels]', input);
  return [input[0], input[1], input[2]];
}

/** Of a sequence, [steps, channels]: an image of height 1. */
export function sequenceShape(layer: LayerConfig, input: Shape): ImageShape {
  if (input.length !== 2) throw misfit(layer, 'sequences, [steps, channels]', input);
  return [1, input[0], input[1]];
}

/** @throws GradpoolError when one example of this shape, at or in the layer, is too large */
export function checkSize(layer: LayerConfig, shape: Shape): void {
  if (sizeOf(shape) > mostValues)
    throw inputError(
      `Expected layer ${describe(layer)} to need at most ${mostValues} values an example, got the shape [${shape.join(', ')}]`,
    );
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isPositiveInteger = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) < 2 ** 31;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, dimension) => size === b[dimension]);

/** A layer as messages name it. */
export const describe = (layer: LayerConfig): string => `${show(layer.name)} (${plain(layer.className)})`;

/** A value from a file as messages show it: one line, not too long. */
export function show(value: unknown): string {
  const text = asJson(value) ?? shown(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Undefined for what JSON cannot hold. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

const plain = (text: string): string => show(text).replaceAll('"', '');
