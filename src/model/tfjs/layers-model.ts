/** Between a TensorFlow.js layers model in memory and plain data. */
import type { tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { firstLineOf, inputError } from '../../errors.ts';
import { parseBoundedJson } from '../../files/bounded-json.ts';
import { shown } from '../../shown.ts';
import { isObject, sameShape, show, UnsupportedModel } from '../keras/config/layer-config.ts';
import { mostJsonDepth, refuseStateful } from '../keras/config/topology.ts';
import { type ReadNetworkOptions, readNetwork } from '../keras/read-network.ts';
import type { ModelSpec } from '../model-spec.ts';
import type { Network, Parameter } from '../network.ts';
import { opaqueNetwork } from './opaque-network.ts';
import {
  currentSplit,
  hasLayers,
  leafLayers,
  refuseHooked,
  refuseRepeated,
  type SplitWeights,
  setTrained,
  trainedWeights,
} from './trained-weights.ts';
import { addWhatIsLeftOut } from './whole-topology.ts';

/** What is used of a layers model. It may come from another copy of TensorFlow.js, so `instanceof` says nothing. */
export type LayersModelLike = Pick<LayersModel, 'toJSON' | 'getWeights'>;

/** For messages. */
export const aLayersModel = 'a TensorFlow.js layers model (tf.LayersModel)';

export const isLayersModel = (value: unknown): value is LayersModelLike =>
  isObject(value) && typeof value.toJSON === 'function' && typeof value.getWeights === 'function';

/** One that can hold what was trained. */
export const isTrainableModel = (value: unknown): value is LayersModel =>
  isLayersModel(value) && 'setWeights' in value && typeof value.setWeights === 'function';

export interface ArchitectureOptions extends ReadNetworkOptions {
  /** A module that registers layers of the user's own. Absolute path. */
  readonly layersModule?: string | undefined;
}

/** A layers model as plain data, and hold of its weights. */
export interface HeldModel extends ModelSpec {
  /** In the order of `network.parameters`, which stays whatever becomes of the model's flags. */
  readonly weights: readonly LayerVariable[];
}

/**
 * A layers model as plain data: its architecture and its weights of now, copied.
 * @throws GradpoolError when it is no layers model, is disposed or holds a layer that no engine supports
 * @example modelSpec(mnistCnn()).network.parameterCount // 3274634
 */
export function modelSpec(model: LayersModelLike, options: ArchitectureOptions = {}): ModelSpec {
  const { topology, network, parameters } = holdModel(model, options);
  return { topology, network, parameters };
}

/** The same, to write into later. */
export function holdModel(model: LayersModelLike, options: ArchitectureOptions = {}): HeldModel {
  const { topology, network, split } = openModel(model, options);
  if (split === undefined) throw inputError(`Expected ${aLayersModel}, got ${shown(model)}`);
  const weights = inOrder(split, model as LayersModel, network);
  return { topology, network, parameters: currentWeights(weights, network), weights };
}

/** A layers model's architecture, without its weights. */
export function architectureOf(
  model: unknown,
  options: ArchitectureOptions = {},
): { topology: object; network: Network } {
  const { topology, network } = openModel(model, options);
  return { topology, network };
}

interface OpenModel {
  readonly topology: object;
  readonly network: Network;
  /** Absent for what has nothing of a layers model but its methods. */
  readonly split?: SplitWeights;
}

function openModel(model: unknown, options: ArchitectureOptions): OpenModel {
  if (!isLayersModel(model)) throw inputError(`Expected ${aLayersModel}, got ${shown(model)}`);
  const topology = topologyOf(model);
  refuseStateful(topology);
  if (!hasLayers(model)) return { topology, network: networkOf(model, topology, undefined, options) };
  refuseRepeated(model);
  refuseHooked(model);
  const split = options.purpose === 'infer' ? currentSplit(model) : trainedWeights(model);
  setTrained(topology, model, split);
  return { topology, network: networkOf(model, topology, split, options), split };
}

/** Through JSON, so that what crosses threads and stands in files is plain data, whatever the model's class is. */
function topologyOf(model: LayersModelLike): object {
  let topology: unknown;
  try {
    topology = parseBoundedJson(
      Buffer.from(JSON.stringify(model.toJSON(null, false)) ?? 'null'),
      mostJsonDepth,
    );
  } catch (error) {
    throw inputError(
      `Could not take the model's architecture: its toJSON failed: ${firstLineOf(error)}`,
      error,
    );
  }
  if (isObject(topology)) {
    addWhatIsLeftOut(topology, model);
    return topology;
  }
  throw inputError(`Expected the model's toJSON to give an object, got ${show(topology)}`);
}

function networkOf(
  model: LayersModelLike,
  topology: object,
  split: SplitWeights | undefined,
  options: ArchitectureOptions,
): Network {
  try {
    return readNetwork(topology, options);
  } catch (error) {
    if (!(error instanceof UnsupportedModel)) throw error;
    const { layersModule } = options;
    const opaque = { reason: error.message, ...(layersModule === undefined ? {} : { layersModule }) };
    const { inputs, outputs } = model as LayersModel;
    return opaqueNetwork(
      { inputs, outputs, ...(split ?? { trained: [], others: [] }) },
      topology,
      opaque,
      options,
    );
  }
}

/** The weights as the network has its parameters: those of an opaque one are taken from the model as it is. */
function inOrder(
  { trained, others }: SplitWeights,
  { layers }: LayersModel,
  network: Network,
): LayerVariable[] {
  if (network.opaque !== undefined) return [...trained, ...others];
  const byName = new Map(
    leafLayers(layers).flatMap((layer) =>
      layer.weights.map((weight) => [`${layer.name}/${within(layer.name, weight.originalName)}`, weight]),
    ),
  );
  return network.parameters.map(({ name }) => {
    const weight = byName.get(name);
    if (weight !== undefined) return weight;
    throw inputError(
      `Expected the model to have the weight ${show(name)}, as its layers say, got ${show([...byName.keys()])}`,
    );
  });
}

/** The name of a weight within its layer: a wrapper has its layers' names in it. */
function within(layer: string, name: string): string {
  const start = name.lastIndexOf(`${layer}/`);
  return start < 0 ? name.slice(name.lastIndexOf('/') + 1) : name.slice(start + layer.length + 1);
}

/**
 * Writes parameters into a layers model, as its weights.
 * @param parameters [network.parameterCount] in natural order; copied
 * @throws GradpoolError when the model is disposed
 */
export async function setParameters(
  { weights, network }: Pick<HeldModel, 'weights' | 'network'>,
  parameters: Float32Array,
): Promise<void> {
  const { tensor } = await import('@tensorflow/tfjs-core');
  refuseDisposed(
    weights,
    'so its trained weights cannot be written into it; dispose of it when the call has ended',
  );
  writeWeights(tensor, weights, network, parameters);
}

/** `setParameters` for callers that have TensorFlow.js's `tensor` (loading it takes a tenth of a second or more). */
export function writeWeights(
  makeTensor: typeof tensor,
  weights: readonly LayerVariable[],
  network: Pick<Network, 'parameters'>,
  parameters: Float32Array,
): void {
  for (const [index, { offset, size, shape }] of network.parameters.entries()) {
    // A tensor may stand on the array that it is made from, so each gets a copy of its own.
    const values = makeTensor(parameters.slice(offset, offset + size), [...shape], 'float32');
    // Not its `write`, which applies its constraint once more.
    (weights[index].read() as Variable).assign(values);
    values.dispose();
  }
}

/** @throws GradpoolError where one of the weights is disposed */
export function refuseDisposed(weights: readonly LayerVariable[], consequence: string): void {
  const gone = weights.find(isDisposed);
  if (gone !== undefined)
    throw inputError(
      `Expected the model to be whole, got one that is disposed (its weight ${show(gone.originalName)} is gone), ${consequence}`,
    );
}

/** A weight that is disposed refuses to be read. */
export function isDisposed(weight: LayerVariable): boolean {
  try {
    return weight.read().isDisposed;
  } catch {
    return true;
  }
}

function currentWeights(weights: readonly LayerVariable[], network: Network): Float32Array {
  refuseDisposed(weights, 'so it has no values; make it again');
  const parameters = new Float32Array(network.parameterCount);
  for (const [index, parameter] of network.parameters.entries()) {
    const value = weights[index].read();
    if (value.dtype !== 'float32' || !sameShape(value.shape, parameter.shape))
      throw wrongWeight(parameter, value.dtype, value.shape);
    parameters.set(value.dataSync<'float32'>(), parameter.offset);
  }
  return parameters;
}

const wrongWeight = ({ name, shape }: Parameter, dtype: string, got: readonly number[]) =>
  inputError(
    `Expected the model's weight ${show(name)} to be float32 of shape [${shape.join(', ')}], got ${dtype} of shape [${got.join(', ')}]`,
  );
