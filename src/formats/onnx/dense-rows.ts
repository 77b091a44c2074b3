import type { Parameter } from '../../model/network.ts';
import type { OnnxGraph, Value } from './graph.ts';
import { dataTypes } from './messages.ts';
import { first, last, type OnnxRows } from './row.ts';

/** A parameter of a normalisation, or what it stands for where it is left out. */
const orAll = (parameter: Parameter | undefined, size: number, value: number, graph: OnnxGraph): string =>
  parameter === undefined
    ? graph.floats('all', [size], new Float32Array(size).fill(value))
    : graph.parameter(parameter);

/** Whether times count, as 1 and 0, [times]. */
function counting(
  { times, size, value }: { times: number; size: number; value: number },
  x: Value,
  graph: OnnxGraph,
): string {
  const isVector = x.shape.length === 1;
  const values = graph.as(x, isVector ? [times] : [times, size]);
  const other = graph.node('Not', [graph.node('Equal', [values, graph.scalar(value)])]);
  const each = graph.node('Cast', [other], { to: dataTypes.float });
  if (isVector) return each;
  return graph.node('ReduceMax', [each, graph.ints([2])], { keepdims: 0 });
}

export const denseRows: OnnxRows<
  'dense' | 'batchNormalization' | 'layerNormalization' | 'embedding' | 'mask' | 'masking'
> = {
  dense(layer, [value], graph) {
    const product = graph.node('MatMul', [graph.as(value, layer.input), graph.parameter(layer.kernel)]);
    return last(
      layer,
      layer.bias === undefined ? product : graph.node('Add', [product, graph.parameter(layer.bias)]),
    );
  },
  batchNormalization(layer, [value], graph) {
    const { channels, gamma, beta, movingMean, movingVariance, epsilon, output } = layer;
    const weights = [
      ...[orAll(gamma, channels, 1, graph), orAll(beta, channels, 0, graph)],
      ...[graph.parameter(movingMean), graph.parameter(movingVariance)],
    ];
    const normalized = (x: string) =>
      graph.node('BatchNormalization', [x, ...weights], { epsilon: { float: epsilon } });
    if (output.length === 3 && value.shape.join() === output.join())
      return first(layer, normalized(graph.firstOf(value)));
    const rows = graph.node('Reshape', [graph.as(value, output), graph.ints([-1, channels])]);
    return last(layer, graph.node('Reshape', [normalized(rows), graph.ints([-1, ...output])]));
  },
  layerNormalization(layer, [value], graph) {
    const { size, gamma, beta, epsilon, input } = layer;
    const inputs = [graph.as(value, input), orAll(gamma, size, 1, graph), orAll(beta, size, 0, graph)];
    return last(layer, graph.node('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } }));
  },
  embedding(layer, [value], graph) {
    // Fractions are cut off.
    const words = graph.node('Cast', [graph.as(value, layer.input)], { to: dataTypes.int64 });
    return last(layer, graph.node('Gather', [graph.parameter(layer.embeddings), words]));
  },
  mask: (layer, [value], graph) => last(layer, counting(layer, value, graph)),
  masking(layer, [value], graph) {
    const { times, input } = layer;
    const mask = graph.as({ shape: [times], last: counting(layer, value, graph) }, [times, 1]);
    return last(layer, graph.node('Mul', [graph.as(value, input), mask]));
  },
};
