/**
 * The hard sigmoid of TensorFlow.js and Keras 2 is clip(0.2 x + 0.5), that of Keras 3 clip(x / 6 + 0.5): the first of x is
 * the second of 1.2 x. What goes into the gates of an LSTM or GRU is linear in the layer's weights, so a model is the same
 * in the other's words when the columns of these gates are multiplied by that.
 */
import { isObject, type JsonObject } from '../../model/keras/config/layer-config.ts';
import type { Parameter } from '../../model/network.ts';
import type { StoredLayer } from './stored-layers.ts';

export const toKeras3 = 1.2;

/** For each gate of a cell, in the order of its columns, whether it has the recurrent activation. */
const gatesOf: Readonly<Record<string, readonly boolean[]>> = {
  LSTM: [true, true, false, true],
  GRU: [true, true, false],
};

/** A recurrent layer, or the cells of one, in the order of the weights. */
interface Cell {
  readonly className: string;
  readonly fields: JsonObject;
}

function cellsOf({ className, fields }: Cell): readonly Cell[] {
  const { layer, cell, cells } = fields;
  if (className === 'Bidirectional') return asCells([layer, layer]).flatMap(cellsOf);
  if (className === 'TimeDistributed') return asCells([layer]).flatMap(cellsOf);
  if (className === 'RNN') return asCells([cell]).flatMap(cellsOf);
  if (Array.isArray(cells)) return asCells(cells).flatMap(cellsOf);
  return [{ className: className.replace(/Cell$/, ''), fields }];
}

const asCells = (list: readonly unknown[]): Cell[] =>
  list.map((one) => {
    const { class_name: className, config } = isObject(one) ? one : {};
    return { className: String(className), fields: isObject(config) ? config : {} };
  });

/**
 * Multiplies, of a layer whose gates have a hard sigmoid, the columns of these.
 * @param weights [the model's parameters] are changed
 * @param own the layer's, in their order
 */
export function scaleGates(
  layer: StoredLayer,
  own: readonly Parameter[],
  weights: Float32Array,
  factor: number,
): void {
  let at = 0;
  for (const { className, fields } of cellsOf(layer)) {
    const gates = gatesOf[className];
    const count = weightCount(fields);
    if (gates !== undefined && isHard(fields.recurrent_activation))
      for (const parameter of own.slice(at, at + count)) scaleColumns(parameter, gates, weights, factor);
    at += count;
  }
}

/** Two kernels, and the bias. */
const weightCount = (fields: JsonObject): number => (fields.use_bias === false ? 2 : 3);

/** How many weights each of the recurrent cells in a layer has. */
export const weightCounts = (layer: StoredLayer): number[] =>
  cellsOf(layer).map(({ fields }) => weightCount(fields));

/** TensorFlow.js's default. */
export const isHard = (activation: unknown): boolean =>
  activation === undefined || activation === 'hard_sigmoid' || activation === 'hardSigmoid';

function scaleColumns(
  { offset, size, shape }: Parameter,
  gates: readonly boolean[],
  weights: Float32Array,
  factor: number,
): void {
  const columns = shape[shape.length - 1];
  const units = columns / gates.length;
  for (let at = 0; at < size; at++)
    if (gates[Math.floor((at % columns) / units)]) weights[offset + at] *= factor;
}
