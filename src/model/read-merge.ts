/** Layers in which several tensors meet. */
import { inputError } from '../errors.ts';
import { describe, invalidField, type LayerConfig, sameShape, unsupportedLayer } from './layer-config.ts';
import { type Shape, sizeOf } from './network.ts';
import type { ReadLayer } from './reader.ts';

export function readAdd(layer: LayerConfig, inputs: readonly Shape[]): ReadLayer {
  const [input] = inputs;
  const other = inputs.find((shape) => !sameShape(shape, input));
  if (other !== undefined && canSpread(input, other))
    throw unsupportedLayer(
      layer,
      `its inputs of the shapes ${shown([input, other])} have to be spread first`,
    );
  if (other !== undefined) throw unequal(layer, 'inputs of one shape', inputs);
  const { name, index } = layer;
  return { layers: [{ kind: 'add', name, index, input, output: input }], output: input };
}

/** As TensorFlow.js spreads a tensor over another one: from the last dimension on each is equal, or 1 in one of them. */
const canSpread = (a: Shape, b: Shape): boolean => {
  const shared = Math.min(a.length, b.length);
  return Array.from({ length: shared }, (_, i) => [a[a.length - 1 - i], b[b.length - 1 - i]]).every(
    ([one, other]) => one === other || one === 1 || other === 1,
  );
};

export function readConcatenate(layer: LayerConfig, inputs: readonly Shape[]): ReadLayer {
  const [input] = inputs;
  const axis = axisOf(layer, input);
  if (
    !inputs.every(
      (shape) => sameShape(shape.with(axis, 0), input.with(axis, 0)) && shape.length === input.length,
    )
  )
    throw unequal(layer, `inputs that differ in axis ${axis + 1} only`, inputs);
  const output = input.with(
    axis,
    inputs.reduce((sum, shape) => sum + shape[axis], 0),
  );
  const parts = inputs.map((shape) => sizeOf(shape.slice(axis)));
  const rows = sizeOf(input.slice(0, axis));
  const { name, index } = layer;
  return { layers: [{ kind: 'concatenate', name, index, input, output, rows, parts }], output };
}

/** Among an example's dimensions; in the configuration the examples are dimension 0. */
function axisOf(layer: LayerConfig, input: Shape): number {
  const value = layer.fields.axis ?? -1;
  const axis = Number.isInteger(value) ? (value as number) : Number.NaN;
  const place = axis < 0 ? axis + input.length : axis - 1;
  if (place >= 0 && place < input.length) return place;
  throw invalidField(
    layer,
    'axis',
    `a whole number from 1 to ${input.length}, or -1 for the last one`,
    value,
  );
}

const unequal = (layer: LayerConfig, expected: string, inputs: readonly Shape[]) =>
  inputError(`Expected layer ${describe(layer)} to read ${expected}, got the shapes ${shown(inputs)}`);

const shown = (shapes: readonly Shape[]): string =>
  shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ');
