import { extname } from 'node:path';
import { inputError, messageOf } from '../../errors.ts';
import { UnsupportedModel } from '../../model/keras/config/layer-config.ts';
import { refuseStateful } from '../../model/keras/config/topology.ts';
import { type ReadNetworkOptions, readNetwork } from '../../model/keras/read-network.ts';
import type { Network } from '../../model/network.ts';
import { inFile } from '../in-file.ts';
import { readModelJson } from '../layers-model/layers-format.ts';
import type { ModelSource } from '../model-source.ts';
import type { UserMetadata } from '../user-metadata.ts';

type Open = (file: string) => Promise<ModelSource>;

const hdf5: Open = async (file) => (await import('../keras/read-h5.ts')).readH5(file);

/** By the ending of the file's name. What is seldom read loads its packages when it is. */
const openers: ReadonlyMap<string, Open> = new Map<string, Open>([
  ['.json', readModelJson],
  ['.keras', async (file) => (await import('../keras/read-keras.ts')).readKeras(file)],
  ['.h5', hdf5],
  ['.hdf5', hdf5],
  ['.onnx', async (file) => (await import('../onnx/reading/read-onnx.ts')).readOnnx(file)],
  [
    '.safetensors',
    async (file) => (await import('../safetensors/read-safetensors.ts')).readSafetensors(file),
  ],
]);

const modelExtensions: readonly string[] = [...openers.keys()];

/** For messages. */
export const modelForms = `a TensorFlow.js model.json, or a ${modelExtensions.slice(1).join(', ')} file`;

export const isModelFile = (file: string): boolean => openers.has(extname(file).toLowerCase());

/** @throws GradpoolError that names the file when it is of no known format, or not what its name says */
export async function openModel(file: string): Promise<ModelSource> {
  const open = openers.get(extname(file).toLowerCase());
  if (open === undefined) throw inputError(`Expected a model file to be ${modelForms}, got ${file}`);
  return open(file);
}

/** A model with or without weights. */
export interface ModelContent {
  readonly topology: object;
  readonly network: Network;
  /** [network.parameterCount] in natural order; absent when the file holds no weights. */
  readonly parameters?: Float32Array;
  /** Absent where the file has none. */
  readonly metadata?: UserMetadata;
}

/**
 * Reads a model file and the weights in it or beside it.
 * @throws GradpoolError that names the file when one is missing, is not what it should be, or does not fit
 */
export async function readModel(
  file: string,
  layersModule?: string,
  options: ReadNetworkOptions = {},
): Promise<ModelContent> {
  const source = await openModel(file);
  return inFile(file, async () => {
    const { topology, metadata } = source;
    const network = await readAnyNetwork(source, layersModule, options);
    const weights = await source.readWeights(network);
    return {
      ...{ topology, network },
      ...(weights === undefined ? {} : { parameters: weights.parameters }),
      ...(metadata === undefined ? {} : { metadata }),
    };
  });
}

/** TensorFlow.js is loaded, and makes the model, only where gradpool cannot read it itself. */
async function readAnyNetwork(
  { topology, wayOut }: ModelSource,
  layersModule: string | undefined,
  options: ReadNetworkOptions,
): Promise<Network> {
  refuseStateful(topology);
  try {
    return readNetwork(topology, options);
  } catch (error) {
    if (!(error instanceof UnsupportedModel)) throw error;
    const { readOpaqueNetwork } = await import('../../model/tfjs/drawn-model.ts');
    const opaque = { reason: error.message, ...(layersModule === undefined ? {} : { layersModule }) };
    return readOpaqueNetwork(topology, opaque, options).catch((failed: unknown) => {
      throw withWayOut(failed, wayOut);
    });
  }
}

export const withWayOut = (error: unknown, wayOut: string | undefined): unknown =>
  wayOut === undefined ? error : inputError(`${messageOf(error)}; ${wayOut}`, error);
