/** Layers that hold another layer. */
import { type Shape, sizeOf } from '../../../shape.ts';
import type { RecurrentKind, RecurrentLayer } from '../../sequence-layers.ts';
import {
  invalidField,
  isObject,
  type LayerConfig,
  misfit,
  readLayerConfig,
  refuseSettings,
  show,
  unsupportedLayer,
} from '../config/layer-config.ts';
import { refuseDropout } from './read-cells.ts';
import { readRecurrent } from './read-recurrent.ts';
import type { AddParameter, Reader, ReadLayer, Source, UnconnectedLayer } from './reader.ts';

const recurrentKinds: ReadonlyMap<string, RecurrentKind> = new Map([
  ['SimpleRNN', 'simpleRNN'],
  ['LSTM', 'lstm'],
  ['GRU', 'gru'],
]);

/** By tfjs's `mergeMode`. */
const mergers: ReadonlyMap<string, (ends: RecurrentLayer) => MergingLayer> = new Map([
  ['sum', (ends) => valueByValue('add', ends)],
  ['ave', (ends) => valueByValue('average', ends)],
  ['mul', (ends) => valueByValue('multiply', ends)],
  ['concat', sideBySide],
]);

type MergingLayer = UnconnectedLayer<'add' | 'average' | 'multiply' | 'concatenate'>;

/** A recurrent layer each way, both on the same input, and the layer in which they meet. */
export function readBidirectional(layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer {
  refuseSettings(layer, ['weights']);
  const inner = innerLayer(layer);
  const kind = recurrentKinds.get(inner.className);
  if (kind === undefined) throw unsupportedLayer(layer, `its layer is ${show(inner.className)}`);
  const mode = layer.fields.merge_mode === undefined ? 'concat' : layer.fields.merge_mode;
  const merge = typeof mode === 'string' ? mergers.get(mode) : undefined;
  if (merge === undefined) throw unsupportedLayer(layer, `\`merge_mode\` is ${show(mode)}`);
  const one = (direction: string) => {
    const add: AddParameter = (weight, ...rest) =>
      addParameter(`${direction}_${inner.name}/${weight}`, ...rest);
    const [read] = readRecurrent(kind)(inner, input, add).layers as [RecurrentLayer];
    return { ...read, name: layer.name, index: layer.index };
  };
  const first = one('forward');
  // Where its states are returned, they are turned so that they meet those of the same time.
  const second = {
    ...one('backward'),
    ...({ isSecond: true, inTimeOrder: true } as const),
    goBackwards: !first.goBackwards,
  };
  const merged = merge(first);
  return {
    layers: [first, second, merged],
    sources: ['input', 'input', [0, 1]],
    output: merged.output,
  };
}

const valueByValue = (
  kind: 'add' | 'average' | 'multiply',
  { name, index, output }: RecurrentLayer,
): MergingLayer => ({ kind, name, index, input: output, output });

function sideBySide({ name, index, output: input, units }: RecurrentLayer): MergingLayer {
  const output = [...input.slice(0, -1), 2 * units];
  const rows = sizeOf(input) / units;
  return { kind: 'concatenate', name, index, input, output, rows, parts: [units, units] };
}

/** Classes that compute each row, or each value, for itself: at all times at once. */
const byRow = [
  ...['Dense', 'Activation', 'Dropout', 'ReLU', 'LeakyReLU', 'ELU', 'ThresholdedReLU', 'Embedding'],
  ...['AlphaDropout', 'GaussianDropout', 'GaussianNoise'],
];
/** Classes that give an example's values another shape: after its times. */
const reshaping = ['Flatten', 'Reshape'];
/** Classes that would have to draw other numbers at each time. */
const drawing = ['SpatialDropout1D'];
/** A layer a time: more would be a network too large to compile. */
const mostTimes = 100;

/** The same layer at every time. */
export const readTimeDistributed =
  (readerOf: (className: string) => Reader | undefined) =>
  (layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer => {
    if (input.length < 2) throw misfit(layer, 'sequences, [times, ...]', input);
    const inner = innerLayer(layer);
    const named = { ...inner, name: layer.name };
    const reader = readerOf(inner.className);
    if (reader === undefined || !('one' in reader) || drawing.includes(inner.className))
      throw unsupportedLayer(layer, `its layer is ${show(inner.className)}`);
    if (byRow.includes(inner.className)) return reader.one(named, input, addParameter);
    if (reshaping.includes(inner.className)) {
      const { output, ...rest } = reader.one(named, input.slice(1), addParameter);
      return { ...rest, output: [input[0], ...output] };
    }
    refuseDropout(layer, inner, 'it would be the same at each time');
    if (input[0] > mostTimes) throw unsupportedLayer(layer, `its layer would be called ${input[0]} times`);
    return atEachTime(layer, input, (add) => reader.one(named, input.slice(1), add), addParameter);
  };

/** The layer is called for each time alone, and what it gives stands one behind the other. */
function atEachTime(
  { name, index }: LayerConfig,
  input: Shape,
  call: (addParameter: AddParameter) => ReadLayer,
  addParameter: AddParameter,
): ReadLayer {
  const layers: UnconnectedLayer[] = [];
  const sources: (readonly Source[])[] = [];
  const ends: number[] = [];
  const calls = Array.from({ length: input[0] }, (_, place) => {
    const slice = layers.length;
    layers.push({ kind: 'slice', name, index, input, output: input.slice(1), place });
    sources.push([{ input: 0 }]);
    // TensorFlow.js adds what a regularizer adds once, however many times there are.
    const read = call((weight, shape, initial, { penalty, ...marks } = {}) =>
      addParameter(
        weight,
        shape,
        initial,
        place === 0 && penalty !== undefined ? { ...marks, penalty } : marks,
      ),
    );
    for (const [at, one] of read.layers.entries()) {
      const reads = read.sources?.[at] ?? (at === 0 ? 'input' : [at - 1]);
      layers.push(one);
      sources.push(
        reads === 'input' ? [slice] : reads.map((of) => (typeof of === 'number' ? slice + 1 + of : slice)),
      );
    }
    ends.push(layers.length - 1);
    return read;
  });
  const [{ output: one, softmax }] = calls;
  const output = [input[0], ...one];
  const parts = calls.map(() => sizeOf(one));
  layers.push({ kind: 'concatenate', name, index, input: [1, ...one], output, rows: 1, parts });
  sources.push(ends);
  return { layers, sources, output, ...(softmax === undefined ? {} : { softmax }) };
}

/** A frozen wrapper's layer is frozen too. */
function innerLayer(layer: LayerConfig): LayerConfig {
  const { layer: inner, trainable } = layer.fields;
  if (!isObject(inner)) throw invalidField(layer, 'layer', 'a layer, { class_name, config }', inner);
  const read = readLayerConfig(inner, layer.index);
  return trainable === false ? { ...read, fields: { ...read.fields, trainable } } : read;
}
