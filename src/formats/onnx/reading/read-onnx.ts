import { GradpoolError, inputError, messageOf } from '../../../errors.ts';
import { readBoundedFile } from '../../../files/open-file.ts';
import { sameShape, show } from '../../../model/keras/config/layer-config.ts';
import { inFile } from '../../in-file.ts';
import {
  checkFinite,
  type ModelSource,
  type SavedWeights,
  type WeightedNetwork,
} from '../../model-source.ts';
import { metadataKey, parseMetadata } from '../../user-metadata.ts';
import { decodeModel, type ModelMessage } from '../messages.ts';
import type { Constant } from './constants.ts';
import { readOnnxGraph } from './read-graph.ts';

/** A message of protobuf is no longer. */
const mostBytes = 2 ** 31 - 1;

/**
 * An ONNX file of operations that have layers for counterparts, operations.ts has the list. Images that go in
 * channels first are to come channels last, as everywhere in gradpool.
 * @throws GradpoolError that names the file, and the node that is not taken
 */
export async function readOnnx(file: string): Promise<ModelSource> {
  const bytes = await readBoundedFile(file, mostBytes);
  return inFile(file, () => {
    const model = decoded(bytes);
    const { topology, weights } = readOnnxGraph(model);
    const own = model.metadataProps.find(({ key }) => key === metadataKey);
    return {
      topology,
      ...parseMetadata(own?.value),
      readWeights: async (network) => weightsFrom(weights, network),
    };
  });
}

function decoded(bytes: Uint8Array): ModelMessage {
  let model: ModelMessage;
  try {
    model = decodeModel(bytes);
  } catch (error) {
    throw inputError(
      `Expected an ONNX file, got one that is damaged or cut off (${messageOf(error)})`,
      error,
    );
  }
  const { graph, opsetImport, functions = [] } = model;
  if (graph === undefined || graph === null || graph.node.length === 0 || opsetImport.length === 0)
    throw inputError('Expected an ONNX model with a graph, got none');
  if (functions.length > 0)
    throw inputError('It has functions of its own, which are not taken; save it without');
  return model;
}

function weightsFrom(weights: ReadonlyMap<string, Constant>, network: WeightedNetwork): SavedWeights {
  const parameters = new Float32Array(network.parameterCount);
  for (const { name, shape, offset } of network.parameters) {
    const found = weights.get(name);
    if (found === undefined || !sameShape(found.shape, shape))
      throw new GradpoolError(
        `Expected its weight ${show(name)} to have the shape [${shape.join(', ')}], got ${show(found?.shape)}`,
      );
    parameters.set(found.values, offset);
  }
  checkFinite(parameters, network);
  return { parameters, optimizer: [] };
}
