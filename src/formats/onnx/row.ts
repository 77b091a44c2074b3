import type { Layer, LayerKind, LayerKinds } from '../../model/network.ts';
import type { OnnxGraph, Value } from './graph.ts';

/** What a layer becomes in an ONNX graph. @returns its output, of the layer's own shape */
export type OnnxRow<L extends Layer> = (layer: L, inputs: readonly Value[], graph: OnnxGraph) => Value;

/** A row for each of some kinds. */
export type OnnxRows<K extends LayerKind> = { readonly [Kind in K]: OnnxRow<LayerKinds[Kind]> };

/** A value in the order of its layer's output. */
export const last = ({ output }: Pick<Layer, 'output'>, name: string): Value => ({
  shape: output,
  last: name,
});

/** An image, channels first. */
export const first = ({ output }: Pick<Layer, 'output'>, name: string): Value => ({
  shape: output,
  first: name,
});

/** What a layer reads, as an image of the layer's own shape, channels first. */
export function image({ input }: Pick<Layer, 'input'>, value: Value, graph: OnnxGraph): string {
  if (value.shape.join() === input.join()) return graph.firstOf(value);
  return graph.firstOf({ shape: input, last: graph.as(value, input) });
}
