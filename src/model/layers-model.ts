/** Between a TensorFlow.js layers model in memory and plain data. */
import type { tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { inputError } from '../errors.ts';
import type { ModelSpec } from '../protocol.ts';
import { shown } from '../shown.ts';
import { isObject, sameShape, show, UnsupportedModel } from './layer-config.ts';
import type { Network, Parameter } from './network.ts';
import { opaqueNetwork, type WeightedModel } from './opaque-network.ts';
import { type ReadNetworkOptions, readNetwork } from './read-network.ts';

/** What is used of a layers model. It may come from another copy of TensorFlow.js, so `instanceof` says nothing. */
export type LayersModelLike = Pick<LayersModel, 'toJSON' | 'getWeights'>;

/** For messages. */
export const aLayersModel = 'a TensorFlow.js layers model (tf.LayersModel)';

export const isLayersModel = (value: unknown): value is LayersModelLike =>
  isObject(value) && typeof value.toJSON === 'function' && typeof value.getWeights === 'function';

/** One that can hold what was trained. */
export const isTrainableModel = (value: unknown): value is LayersModel =>
  isLayersModel(value) && 'setWeights' in value && typeof value.setWeights === 'function';

/**
 * A layers model as plain data: its architecture and its weights of now, copied.
 * @throws GradpoolError when it is no layers model or holds a layer that no engine supports
 * @example modelSpec(mnistCnn()).network.parameterCount // 3274634
 */
export interface ArchitectureOptions extends ReadNetworkOptions {
  /** A module that registers layers of the user's own. Absolute path. */
  readonly layersModule?: string | undefined;
}

export function modelSpec(model: LayersModelLike, options: ArchitectureOptions = {}): ModelSpec {
  const { topology, network } = architectureOf(model, options);
  return { topology, network, parameters: currentWeights(model, network) };
}

/** A layers model's architecture, without its weights. */
export function architectureOf(
  model: unknown,
  options: ArchitectureOptions = {},
): { topology: object; network: Network } {
  if (!isLayersModel(model)) throw inputError(`Expected ${aLayersModel}, got ${shown(model)}`);
  const topology = asJson(model);
  if (!isObject(topology))
    throw inputError(`Expected the model's toJSON to give an object, got ${show(topology)}`);
  return { topology, network: networkOf(model, topology, options) };
}

/** Through JSON, so that what crosses threads and stands in files is plain data, whatever the model's class is. */
function asJson(model: LayersModelLike): unknown {
  try {
    return JSON.parse(JSON.stringify(model.toJSON(null, false)) ?? 'null');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : shown(cause);
    throw inputError(`Could not take the model's architecture: its toJSON failed: ${why}`, cause);
  }
}

function networkOf(model: LayersModelLike, topology: object, options: ArchitectureOptions): Network {
  try {
    return readNetwork(topology, options);
  } catch (error) {
    if (!(error instanceof UnsupportedModel)) throw error;
    const { layersModule } = options;
    const opaque = { reason: error.message, ...(layersModule === undefined ? {} : { layersModule }) };
    return opaqueNetwork(model as unknown as WeightedModel, topology, opaque, options);
  }
}

/**
 * Writes parameters into a layers model, as its weights.
 * @param parameters [network.parameterCount] in natural order; copied
 */
export async function setParameters(
  model: LayersModel,
  network: Network,
  parameters: Float32Array,
): Promise<void> {
  const { tensor } = await import('@tensorflow/tfjs-core');
  writeWeights(tensor, model, network, parameters);
}

/** `setParameters` for callers that have TensorFlow.js's `tensor` (loading it takes a tenth of a second or more). */
export function writeWeights(
  makeTensor: typeof tensor,
  model: Pick<LayersModel, 'setWeights'>,
  network: Network,
  parameters: Float32Array,
): void {
  // A tensor may stand on the array that it is made from, so each gets a copy of its own.
  const tensors = network.parameters.map(({ offset, size, shape }) =>
    makeTensor(parameters.slice(offset, offset + size), [...shape], 'float32'),
  );
  model.setWeights(tensors);
  for (const made of tensors) made.dispose();
}

function currentWeights(model: LayersModelLike, network: Network): Float32Array {
  const weights = model.getWeights();
  if (weights.length !== network.parameters.length)
    throw inputError(
      `Expected the model to have ${network.parameters.length} weights, as its layers say, got ${weights.length}`,
    );
  const parameters = new Float32Array(network.parameterCount);
  network.parameters.forEach((parameter, index) => {
    const { shape, dtype } = weights[index];
    if (dtype !== 'float32' || !sameShape(shape, parameter.shape)) throw wrongWeight(parameter, dtype, shape);
    parameters.set(weights[index].dataSync<'float32'>(), parameter.offset);
  });
  return parameters;
}

const wrongWeight = ({ name, shape }: Parameter, dtype: string, got: readonly number[]) =>
  inputError(
    `Expected the model's weight ${show(name)} to be float32 of shape [${shape.join(', ')}], got ${dtype} of shape [${got.join(', ')}]`,
  );
