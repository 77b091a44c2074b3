import type { EngineName } from '../engine/engine.ts';
import { type LayerJson, layersWithin, modelConfig } from '../model/keras/config/topology.ts';
import { isSequential, type Layer, type Network } from '../model/network.ts';
import { sha256 } from '../sha256.ts';
import { isRecord } from './fields.ts';

/**
 * SHA-256 of what a model computes. Names and initializers are left out: TensorFlow.js numbers unnamed layers
 * through, so a model built twice in one process has other names, and a resumed run draws no initial values.
 *
 * The runs of version 0.1.0 go on: it knew no connections, and those models that it could not read itself, which it
 * trained on the tensorflow engine, by their configuration.
 */
export function modelSha256(network: Network, topology: object, engine: EngineName): string {
  const isByConfiguration =
    network.opaque !== undefined || (engine === 'tensorflow' && !wasReadByFirstVersion(network, topology));
  if (isByConfiguration) return hashOf([{ ...network, layers: [] }, topology], ['untrained', 'penalty']);
  return hashOf(network, isSequential(network) ? ['reads'] : []);
}

/** By Keras' classes. */
const firstClasses: readonly unknown[] = [
  ...['InputLayer', 'Flatten', 'Reshape', 'Conv2D', 'MaxPooling2D', 'AveragePooling2D', 'Dense', 'Dropout'],
  ...['Activation', 'ReLU', 'Softmax'],
];

const firstActivations: readonly string[] = ['relu', 'sigmoid', 'tanh'];

function wasReadByFirstVersion({ layers, parameters }: Network, topology: object): boolean {
  const model = modelConfig(topology) as unknown as LayerJson;
  return (
    model.class_name === 'Sequential' &&
    layersWithin(model).every((layer) => firstClasses.includes(layer.class_name)) &&
    parameters.every(({ untrained, penalty }) => untrained === undefined && penalty === undefined) &&
    layers.every(hadFirstVersion)
  );
}

/** Of the layers that those classes become now. */
function hadFirstVersion(layer: Layer): boolean {
  if (layer.kind === 'activation') return firstActivations.includes(layer.activation);
  return layer.kind !== 'softmax' && !('dilation' in layer);
}

const hashOf = (value: unknown, without: readonly string[]): string =>
  sha256(
    JSON.stringify(value, (key, field) => {
      if (['name', 'initializer', 'opaque', 'droppedMasks', ...without].includes(key)) return undefined;
      return isRecord(field) ? sorted(field) : field;
    }),
  );

/** The hash must not depend on the order in which code happened to set the fields. */
const sorted = (record: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** SHA-256 of parameters in natural order, as little-endian float32: also that of a checkpoint's weights.bin. */
export const parametersSha256 = (parameters: Float32Array): string => sha256(parameters);

/** An array's bytes as they lie in memory: little endian, as every processor that Node.js has releases for but IBM Z. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
