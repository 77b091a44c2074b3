/** The TensorFlow.js layers format, a model.json and files of weights, without loading TensorFlow.js. */
import { dirname } from 'node:path';
import { GradpoolError, inputError, messageOf } from '../errors.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { inWordsOfKeras2, isOfKeras3, kerasWayOut } from './keras3.ts';
import { isObject, type JsonObject, show, UnsupportedModel } from './layer-config.ts';
import type { Network } from './network.ts';
import { readBoundedFile } from './read-bounded-file.ts';
import { readNetwork } from './read-network.ts';
import { refuseStateful } from './topology.ts';
import { readWeights } from './weights-manifest.ts';

/** A model.json holds layers, no weights; the largest that users have are below 2 MB. */
const mostJsonBytes = 64 * 2 ** 20;
/** A model in a model takes a few levels. */
export const mostJsonDepth = 256;

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
): LayersModelFiles {
  if (parameters.length !== network.parameterCount)
    throw inputError(`Expected ${network.parameterCount} parameters to save, got ${parameters.length}`);
  const weights = network.parameters.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  // slice: the parameters may stand in shared memory, which a file cannot be written from. The format is
  // little-endian, as every processor that Node.js has releases for but IBM Z.
  return {
    'model.json': modelJson(topology, weights),
    'weights.bin': new Uint8Array(parameters.slice().buffer),
  };
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

/** A model.json with or without weights. */
export interface LayersModelContent {
  readonly topology: object;
  readonly network: Network;
  /** [network.parameterCount] in natural order; absent when the model.json lists no weights. */
  readonly parameters?: Float32Array;
}

/** What a model.json holds, before anything is made of it. */
export interface ModelJson {
  readonly topology: object;
  readonly weightsManifest: unknown;
  readonly trainingConfig: unknown;
  readonly isKeras3: boolean;
}

/** @throws GradpoolError that names the file when it is no model.json */
export async function readModelJson(file: string): Promise<ModelJson> {
  const json = parse(file, await readBoundedFile(file, mostJsonBytes));
  const { weightsManifest = [], trainingConfig } = json;
  const topology = topologyIn(file, json);
  if (!isOfKeras3(topology)) return { topology, weightsManifest, trainingConfig, isKeras3: false };
  const converted = await inFile(file, () => inWordsOfKeras2(topology));
  return { topology: converted, weightsManifest, trainingConfig, isKeras3: true };
}

/**
 * Reads a TensorFlow.js model.json and the weights beside it.
 * @throws GradpoolError that names the file when one is missing, is not what it should be, or does not fit
 */
export async function readLayersModel(file: string, layersModule?: string): Promise<LayersModelContent> {
  const { topology, weightsManifest, isKeras3 } = await readModelJson(file);
  return inFile(file, async () => {
    const network = await readAnyNetwork(topology, layersModule).catch((error: unknown) => {
      throw isKeras3 ? inputError(`${messageOf(error)}; ${kerasWayOut}`, error) : error;
    });
    const weights = await readWeights(dirname(file), weightsManifest, network);
    return { topology, network, ...(weights === undefined ? {} : { parameters: weights.parameters }) };
  });
}

/** TensorFlow.js is loaded, and makes the model, only where gradpool cannot read it itself. */
async function readAnyNetwork(topology: object, layersModule: string | undefined): Promise<Network> {
  refuseStateful(topology);
  try {
    return readNetwork(topology);
  } catch (error) {
    if (!(error instanceof UnsupportedModel)) throw error;
    const { readOpaqueNetwork } = await import('./drawn-model.ts');
    const opaque = { reason: error.message, ...(layersModule === undefined ? {} : { layersModule }) };
    return readOpaqueNetwork(topology, opaque);
  }
}

/** Puts the file's name before the message of an error that came from its content. */
export async function inFile<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw withFile(file, error);
  }
}

/** Also of one that nobody foresaw: it then says at least which file led to it. */
const withFile = (file: string, error: unknown): GradpoolError =>
  new GradpoolError(`${file}: ${messageOf(error)}`, {
    kind: error instanceof GradpoolError ? 'input' : 'internal',
    cause: error,
  });

function parse(file: string, bytes: Uint8Array): JsonObject {
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
