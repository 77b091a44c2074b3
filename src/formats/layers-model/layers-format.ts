/** The TensorFlow.js layers format, a model.json and files of weights, without loading TensorFlow.js. */
import { dirname } from 'node:path';
import { GradpoolError, inputError } from '../../errors.ts';
import { parseBoundedJson } from '../../files/bounded-json.ts';
import { readBoundedFile } from '../../files/open-file.ts';
import { isObject, type JsonObject, show } from '../../model/keras/config/layer-config.ts';
import { mostJsonDepth } from '../../model/keras/config/topology.ts';
import { inWordsOfKeras2, isOfKeras3, kerasWayOut } from '../../model/keras/keras3.ts';
import type { Network } from '../../model/network.ts';
import { inFile, withFile } from '../in-file.ts';
import type { ModelSource } from '../model-source.ts';
import { checkedMetadata, metadataKey, type UserMetadata } from '../user-metadata.ts';
import { readWeights } from './weights-manifest.ts';

/** A model.json holds layers, no weights; the largest that users have are below 2 MB. */
const mostJsonBytes = 64 * 2 ** 20;
/** The files of a model, by name. */
export interface LayersModelFiles {
  readonly 'model.json': string;
  readonly 'weights.bin': Uint8Array;
}

/**
 * The files that `tf.loadLayersModel` opens; the same model gives the same bytes.
 * @param topology as `model.toJSON(null, false)` gives it
 * @param parameters [network.parameterCount] in natural order
 */
export function encodeLayersModel(
  topology: object,
  network: Network,
  parameters: Float32Array,
  metadata?: UserMetadata,
): LayersModelFiles {
  if (parameters.length !== network.parameterCount)
    throw inputError(`Expected ${network.parameterCount} parameters to save, got ${parameters.length}`);
  // A file cannot be written from shared memory. The format is little-endian, as every processor that Node.js has
  // releases for but IBM Z.
  const { buffer, byteOffset, byteLength } =
    parameters.buffer instanceof SharedArrayBuffer ? parameters.slice() : parameters;
  return {
    'model.json': layersModelJson(topology, network, metadata),
    'weights.bin': new Uint8Array(buffer, byteOffset, byteLength),
  };
}

/** Their model.json. */
export function layersModelJson(topology: object, network: Network, metadata?: UserMetadata): string {
  const weights = network.parameters.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  return modelJson(topology, weights, metadata && { [metadataKey]: metadata });
}

/** A weight as it stands in the files. */
export interface SavedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly group?: 'optimizer';
  /** Little-endian. */
  readonly bytes: Uint8Array;
}

/** The files of a model of any weights. */
export const layersModelFiles = (
  topology: object,
  weights: readonly SavedWeight[],
  more: object = {},
): LayersModelFiles => ({
  'model.json': modelJson(
    topology,
    weights.map(({ bytes, ...entry }) => entry),
    more,
  ),
  'weights.bin': Buffer.concat(weights.map(({ bytes }) => bytes)),
});

const modelJson = (topology: object, weights: readonly object[], more: object = {}): string =>
  JSON.stringify({
    ...{ format: 'layers-model', generatedBy: 'gradpool', convertedBy: null, modelTopology: topology },
    ...more,
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  });

/** @throws GradpoolError that names the file when it is no model.json */
export async function readModelJson(file: string): Promise<ModelSource> {
  const json = parseModelJson(file, await readBoundedFile(file, mostJsonBytes));
  const { weightsManifest = [], trainingConfig } = json;
  const own = await inFile(file, () => checkedMetadata(json[metadataKey]));
  return {
    ...(await readTopology(file, json)),
    trainingConfig,
    ...own,
    readWeights: (network) => readWeights(dirname(file), weightsManifest, network),
  };
}

/** The configuration in a JSON object, in whatever version of Keras it was written. */
export async function readTopology(
  file: string,
  json: JsonObject,
): Promise<Pick<ModelSource, 'topology' | 'wayOut'>> {
  const topology = topologyIn(file, json);
  if (!isOfKeras3(topology)) return { topology };
  return { topology: await inFile(file, () => inWordsOfKeras2(topology)), wayOut: kerasWayOut };
}

/** @throws GradpoolError that names the file when it is no JSON object */
export function parseModelJson(file: string, bytes: Uint8Array): JsonObject {
  let json: unknown;
  try {
    json = parseBoundedJson(bytes, mostJsonDepth);
  } catch (error) {
    if (error instanceof GradpoolError) throw withFile(file, error);
    throw inputError(`Expected ${file} to be a TensorFlow.js model.json, got a file that is not JSON`, error);
  }
  if (!isObject(json)) throw notModelJson(file, json);
  return json;
}

/** A file that holds the bare configuration, as `model.toJSON()` returns it, is a model without weights. */
function topologyIn(file: string, json: JsonObject): object {
  if (json.format === 'graph-model')
    throw inputError(
      `Expected ${file} to be a layers model, got a graph model, which cannot be trained; convert the Keras model with tensorflowjs_converter --output_format=tfjs_layers_model`,
    );
  if (isObject(json.modelTopology)) return json.modelTopology;
  if (json.modelTopology === undefined && (json.class_name ?? json.model_config) !== undefined) return json;
  throw notModelJson(file, json);
}

const notModelJson = (file: string, json: unknown) =>
  inputError(`Expected ${file} to be a TensorFlow.js model.json with a modelTopology, got ${show(json)}`);
