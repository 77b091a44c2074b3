import { inputError } from '../../errors.ts';
import { inputEnds, outputEnds } from '../../model/ends.ts';
import type { ModelSpec } from '../../model/model-spec.ts';
import type { Layer, Network } from '../../model/network.ts';
import { packageVersion } from '../../runtime/package-version.ts';
import type { Shape } from '../../shape.ts';
import { metadataEntry, type UserMetadata } from '../user-metadata.ts';
import { activationRows } from './activation-rows.ts';
import { denseRows } from './dense-rows.ts';
import { createGraph, type OnnxGraph, type Value } from './graph.ts';
import { imageRows } from './image-rows.ts';
import { mergingRows } from './merging-rows.ts';
import { dataTypes, encodeModel, type ValueInfoMessage } from './messages.ts';
import { recurrentRows } from './recurrent-rows.ts';
import type { OnnxRow, OnnxRows } from './row.ts';

/** The version of ONNX's operations, and of its file that goes with it. */
export const opset = 20;
const irVersion = 9;

const rows: OnnxRows<Layer['kind']> = {
  ...imageRows,
  ...activationRows,
  ...mergingRows,
  ...denseRows,
  ...recurrentRows,
};

/**
 * A model as an ONNX file of opset 20 for inference, whose outputs are those of the model, probabilities where it ends in
 * softmax. Its inputs and outputs are [batch, ...]: images have their channels last, as in TensorFlow.js.
 * @throws GradpoolError for a model whose layers gradpool does not know
 */
export function encodeOnnx({ network, parameters }: ModelSpec, metadata?: UserMetadata): Uint8Array {
  if (network.opaque !== undefined)
    throw inputError(`The model cannot be written as ONNX: ${network.opaque.reason}`);
  const { graph, of } = createGraph(parameters);
  const inputs = inputEnds(network).map(({ shape }, index, all) => ({
    name: named('input', index, all),
    shape,
  }));
  const tensors: Value[] = inputs.map(({ name, shape }) => ({ shape, last: name }));
  for (const layer of network.layers) {
    of(layer.name);
    const make = rows[layer.kind] as OnnxRow<Layer>;
    tensors.push(
      make(
        layer,
        layer.reads.map((tensor) => tensors[tensor]),
        graph,
      ),
    );
  }
  of('outputs');
  const outputs = writeOutputs(network, tensors, graph);
  return encodeModel({
    irVersion,
    opsetImport: [{ domain: '', version: opset }],
    producerName: 'gradpool',
    producerVersion: packageVersion,
    graph: {
      name: 'model',
      node: graph.nodes,
      initializer: graph.initializers,
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    },
    metadataProps: Object.entries(metadataEntry(metadata)).map(([key, value]) => ({ key, value })),
  });
}

const named = (what: string, index: number, all: readonly unknown[]): string =>
  all.length === 1 ? what : `${what}_${index}`;

function writeOutputs(network: Network, tensors: readonly Value[], graph: OnnxGraph) {
  return outputEnds(network).map(({ tensor, shape }, index, all) => {
    const name = named('output', index, all);
    const value = graph.as(tensors[tensor], shape);
    if (network.endsInSoftmax) graph.node('Softmax', [value], { axis: -1 }, name);
    else graph.node('Identity', [value], {}, name);
    return { name, shape };
  });
}

const valueInfo = ({ name, shape }: { readonly name: string; readonly shape: Shape }): ValueInfoMessage => ({
  name,
  type: {
    tensorType: {
      elemType: dataTypes.float,
      shape: { dim: [{ dimParam: 'batch' }, ...shape.map((size) => ({ dimValue: size }))] },
    },
  },
});
