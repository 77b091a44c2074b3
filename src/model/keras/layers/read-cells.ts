/** Recurrent layers that name their cells. */
import type { Shape } from '../../../shape.ts';
import type { RecurrentKind } from '../../sequence-layers.ts';
import {
  flag,
  invalidField,
  isObject,
  type LayerConfig,
  readLayerConfig,
  refuseSettings,
  show,
  unsupportedLayer,
} from '../config/layer-config.ts';
import { readRecurrent } from './read-recurrent.ts';
import type { AddParameter, ReadLayer, UnconnectedLayer } from './reader.ts';

const kindOfCell: ReadonlyMap<string, RecurrentKind> = new Map([
  ['SimpleRNNCell', 'simpleRNN'],
  ['LSTMCell', 'lstm'],
  ['GRUCell', 'gru'],
]);

/** Cells that stand on each other are layers one behind the other: each reads what the one below gives at each step. */
export function readRnn(layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer {
  refuseSettings(layer, ['return_state', 'stateful', 'unroll', 'time_major'], false);
  const cells = cellsOf(layer);
  const layers: UnconnectedLayer[] = [];
  let output = input;
  for (const [place, cell] of cells.entries()) {
    const kind = kindOfCell.get(cell.className);
    if (kind === undefined) throw unsupportedLayer(layer, `its cell is ${show(cell.className)}`);
    refuseDropout(layer, cell, 'TensorFlow.js drops by the mask of the first batch for ever');
    const own: AddParameter = (name, ...rest) =>
      addParameter(cells.length === 1 ? name : `RNNCell_${place}/${name}`, ...rest);
    const isLast = place === cells.length - 1;
    const read = readRecurrent(kind)(
      {
        ...layer,
        fields: {
          ...cell.fields,
          trainable: flag(layer, 'trainable', true) && flag(cell, 'trainable', true),
          return_sequences: isLast ? layer.fields.return_sequences : true,
          go_backwards: place === 0 ? layer.fields.go_backwards : false,
        },
      },
      output,
      own,
    );
    layers.push(...read.layers);
    output = read.output;
  }
  return { layers, output };
}

/** Whether a recurrent layer has several cells. */
export const isStacked = ({ fields: { cell } }: LayerConfig): boolean =>
  isObject(cell) && cell.class_name === 'StackedRNNCells';

function cellsOf(layer: LayerConfig): LayerConfig[] {
  const { cell } = layer.fields;
  if (!isObject(cell)) throw invalidField(layer, 'cell', 'a cell, { class_name, config }', cell);
  if (!isStacked(layer)) return [readLayerConfig(cell, layer.index)];
  const cells = isObject(cell.config) ? cell.config.cells : undefined;
  if (!Array.isArray(cells) || cells.length === 0)
    throw invalidField(layer, 'cells', 'a list of cells', cells);
  return cells.map((one) => readLayerConfig(one, layer.index));
}

/** @param why it is not computed in this place */
export function refuseDropout(layer: LayerConfig, inner: LayerConfig, why: string): void {
  for (const field of ['dropout', 'recurrent_dropout']) {
    const rate = inner.fields[field] ?? 0;
    if (rate !== 0)
      throw unsupportedLayer(
        layer,
        `\`${field}\` of its ${layer.className === 'RNN' ? 'cell' : 'layer'} is ${show(rate)}: ${why}`,
      );
  }
}
