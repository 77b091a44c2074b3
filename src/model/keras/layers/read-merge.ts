/** Layers in which several tensors meet. */
import { inputError } from '../../../errors.ts';
import { type Shape, sizeOf } from '../../../shape.ts';
import type { MergingKind } from '../../network.ts';
import { describe, flag, invalidField, type LayerConfig, sameShape, show } from '../config/layer-config.ts';
import type { ReadLayer, Source, UnconnectedLayer } from './reader.ts';

/** Inputs of other shapes than the output's are broadcast first. */
export function readMerging(kind: MergingKind, layer: LayerConfig, inputs: readonly Shape[]): ReadLayer {
  if (kind === 'subtract') checkTwo(layer, inputs);
  const output = inputs.reduce((shape, input) => broadcastShape(layer, shape, input, inputs));
  const { name, index } = layer;
  const broadcast: UnconnectedLayer[] = [];
  const reads = inputs.map((input, place): Source => {
    if (sameShape(input, output)) return { input: place };
    broadcast.push({ kind: 'broadcast', name, index, input, output });
    return broadcast.length - 1;
  });
  const merging = { kind, name, index, input: output, output };
  return {
    layers: [...broadcast, broadcast.length === 0 ? merging : { ...merging, broadcasts: true }],
    sources: [
      ...inputs.flatMap((input, place) => (sameShape(input, output) ? [] : [[{ input: place }]])),
      reads,
    ],
    output,
  };
}

function checkTwo(layer: LayerConfig, inputs: readonly Shape[]): void {
  if (inputs.length !== 2)
    throw inputError(`Expected layer ${describe(layer)} to read two tensors, got ${inputs.length}`);
}

/** The product along one axis of each; vectors and matrices, as in tfjs. */
export function readDot(layer: LayerConfig, inputs: readonly Shape[]): ReadLayer {
  checkTwo(layer, inputs);
  const [input, right] = inputs;
  if (inputs.some(({ length }) => length > 2)) throw unequal(layer, 'vectors or matrices', inputs);
  const { axes } = layer.fields;
  const both = Array.isArray(axes) ? axes : [axes, axes];
  const [leftAxis, rightAxis] = inputs.map((shape, place) => axisOf(layer, shape, 'axes', both[place]));
  const depth = input[leftAxis];
  if (right[rightAxis] !== depth)
    throw unequal(layer, `inputs whose axes, ${show(axes)}, are equally long`, inputs);
  const rest = [...input.toSpliced(leftAxis, 1), ...right.toSpliced(rightAxis, 1)];
  const output = rest.length === 0 ? [1] : rest;
  const [rows, columns] = [sizeOf(input) / depth, sizeOf(right) / depth];
  // A vector is both.
  const transposed = [leftAxis === 0 && input.length > 1, rightAxis === 1] as const;
  const { name, index } = layer;
  const dot = { kind: 'dot', name, index, input, right, output, rows, depth, columns, transposed } as const;
  if (!flag(layer, 'normalize', false)) return { layers: [dot], output };
  const normalized = inputs.map((shape, place): UnconnectedLayer => {
    const axis = place === 0 ? leftAxis : rightAxis;
    const [before, behind] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
    const sizes = { rows: before, size: shape[axis], columns: behind };
    return { kind: 'l2Normalize', name, index, input: shape, output: shape, ...sizes };
  });
  return { layers: [...normalized, dot], sources: [[{ input: 0 }], [{ input: 1 }], [0, 1]], output };
}

/** From the last dimension on each is equal, or 1 in one of them; as tfjs has it. */
function broadcastShape(layer: LayerConfig, a: Shape, b: Shape, all: readonly Shape[]): Shape {
  const rank = Math.max(a.length, b.length);
  const [one, other] = [a, b].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  if (one.some((size, axis) => size !== other[axis] && size !== 1 && other[axis] !== 1))
    throw unequal(layer, 'inputs of one shape, or of shapes that can be broadcast to one', all);
  return one.map((size, axis) => Math.max(size, other[axis]));
}

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
function axisOf(
  layer: LayerConfig,
  input: Shape,
  field = 'axis',
  value: unknown = layer.fields.axis ?? -1,
): number {
  const axis = Number.isInteger(value) ? (value as number) : Number.NaN;
  const place = axis < 0 ? axis + input.length : axis - 1;
  if (place >= 0 && place < input.length) return place;
  throw invalidField(layer, field, `a whole number from 1 to ${input.length}, or -1 for the last one`, value);
}

const unequal = (layer: LayerConfig, expected: string, inputs: readonly Shape[]) =>
  inputError(`Expected layer ${describe(layer)} to read ${expected}, got the shapes ${shown(inputs)}`);

const shown = (shapes: readonly Shape[]): string =>
  shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ');
