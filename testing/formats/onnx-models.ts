/** ONNX files as others write them, put together node by node. */
import { createGraph, type OnnxGraph } from '../../src/formats/onnx/graph.ts';
import { dataTypes, type ModelMessage } from '../../src/formats/onnx/messages.ts';
import { type Shape, sizeOf } from '../../src/shape.ts';
import { uniform } from '../engine/values.ts';

/** A model of one input, `input`, and one output, `output`. */
export function modelOf(input: Shape, output: Shape, build: (graph: OnnxGraph) => void): ModelMessage {
  const { graph, of } = createGraph(new Float32Array(0));
  of('made');
  build(graph);
  const info = (name: string, shape: Shape) => ({
    name,
    type: {
      tensorType: {
        elemType: dataTypes.float,
        shape: { dim: [{ dimParam: 'n' }, ...shape.map((dimValue) => ({ dimValue }))] },
      },
    },
  });
  return {
    ...{
      irVersion: 9,
      opsetImport: [{ domain: '', version: 20 }],
      producerName: 'test',
      producerVersion: '1',
    },
    graph: {
      ...{ name: 'graph', node: graph.nodes, initializer: graph.initializers },
      ...{ input: [info('input', input)], output: [info('output', output)] },
    },
    metadataProps: [],
  };
}

export const weight = (graph: OnnxGraph, name: string, ...shape: number[]): string =>
  graph.floats(name, shape, uniform(name.length + sizeOf(shape), sizeOf(shape), -0.5, 0.5));

/** [times, 1, batch, units] as [batch, times, units] */
export const statesOf = (graph: OnnxGraph, states: string): string =>
  graph.node('Transpose', [graph.node('Squeeze', [states, graph.ints([1])])], { perm: [1, 0, 2] });
