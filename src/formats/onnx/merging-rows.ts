import type { Layer } from '../../model/network.ts';
import { sizeOf } from '../../shape.ts';
import { last, type OnnxRow, type OnnxRows } from './row.ts';

/** Of any number of tensors of one shape. */
const ofAll =
  (op: string): OnnxRow<Layer> =>
  (layer, values, graph) =>
    last(
      layer,
      graph.node(
        op,
        values.map((value) => graph.as(value, layer.input)),
      ),
    );

/** Of two at a time. */
const ofPairs =
  (op: string): OnnxRow<Layer> =>
  (layer, values, graph) =>
    last(
      layer,
      values
        .map((value) => graph.as(value, layer.input))
        .reduce((one, other) => graph.node(op, [one, other])),
    );

type MergingKinds =
  | ('add' | 'subtract' | 'multiply' | 'average' | 'maximum' | 'minimum')
  | ('concatenate' | 'dot' | 'l2Normalize' | 'permute' | 'repeatVector' | 'broadcast' | 'slice');

export const mergingRows: OnnxRows<MergingKinds> = {
  add: ofPairs('Add'),
  subtract: ofPairs('Sub'),
  multiply: ofPairs('Mul'),
  average: ofAll('Mean'),
  maximum: ofAll('Max'),
  minimum: ofAll('Min'),
  concatenate(layer, values, graph) {
    const { rows, parts, output } = layer;
    const inputs = values.map((value, index) => graph.as(value, [rows, parts[index]]));
    const shape = [rows, sizeOf(output) / rows];
    const joined = graph.node('Concat', inputs, { axis: 2 });
    return last(layer, graph.as({ shape, last: joined }, output));
  },
  dot(layer, [left, right], graph) {
    const { rows, depth, columns, transposed } = layer;
    const matrix = (name: string, isTurned: boolean) =>
      isTurned ? graph.node('Transpose', [name], { perm: [0, 2, 1] }) : name;
    const product = graph.node('MatMul', [
      matrix(graph.as(left, transposed[0] ? [depth, rows] : [rows, depth]), transposed[0]),
      matrix(graph.as(right, transposed[1] ? [columns, depth] : [depth, columns]), transposed[1]),
    ]);
    return last(layer, graph.as({ shape: [rows, columns], last: product }, layer.output));
  },
  l2Normalize(layer, [value], graph) {
    const { rows, size, columns, output } = layer;
    const shape = [rows, size, columns];
    const x = graph.as(value, shape);
    const squares = graph.node('ReduceSumSquare', [x, graph.ints([2])]);
    const length = graph.node('Sqrt', [graph.node('Max', [squares, graph.scalar(1e-7)])]);
    return last(layer, graph.as({ shape, last: graph.node('Div', [x, length]) }, output));
  },
  permute: (layer, [value], graph) =>
    last(
      layer,
      graph.node('Transpose', [graph.as(value, layer.input)], {
        perm: [0, ...layer.dims.map((dim) => dim + 1)],
      }),
    ),
  repeatVector: (layer, [value], graph) =>
    last(
      layer,
      graph.node('Tile', [graph.as(value, [1, sizeOf(layer.input)]), graph.ints([1, layer.times, 1])]),
    ),
  broadcast(layer, [value], graph) {
    const { input, output } = layer;
    const ones = Array<number>(output.length - input.length).fill(1);
    return last(
      layer,
      graph.node('Expand', [graph.as(value, [...ones, ...input]), graph.ints([1, ...output])]),
    );
  },
  slice(layer, [value], graph) {
    const x = graph.as(value, layer.input);
    const cut = graph.node('Slice', [
      x,
      graph.ints([layer.place]),
      graph.ints([layer.place + 1]),
      graph.ints([1]),
    ]);
    return last(layer, graph.as({ shape: [1, ...layer.output], last: cut }, layer.output));
  },
};
