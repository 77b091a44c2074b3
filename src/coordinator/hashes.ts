import type { EngineName } from '../engine/engine.ts';
import { isSequential, type LayerKind, type Network } from '../model/network.ts';
import { type LayerJson, layersWithin, modelConfig } from '../model/topology.ts';
import { sha256 } from '../sha256.ts';

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
  if (isByConfiguration) return hashOf([{ ...network, layers: [] }, topology], ['untrained']);
  return hashOf(network, isSequential(network) ? ['reads'] : []);
}

const firstKinds: readonly LayerKind[] = [
  'conv2d',
  'maxPooling2d',
  'averagePooling2d',
  'dense',
  'dropout',
  'activation',
];

function wasReadByFirstVersion({ layers, parameters }: Network, topology: object): boolean {
  const model = modelConfig(topology) as unknown as LayerJson;
  return (
    model.class_name === 'Sequential' &&
    layersWithin(model).every((layer) => layersWithin(layer).length === 0) &&
    parameters.every(({ untrained }) => untrained === undefined) &&
    layers.every(({ kind }) => firstKinds.includes(kind))
  );
}

const hashOf = (value: unknown, without: readonly string[]): string =>
  sha256(
    JSON.stringify(value, (key, field) => {
      if (['name', 'initializer', 'opaque', ...without].includes(key)) return undefined;
      return isRecord(field) ? sorted(field) : field;
    }),
  );

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The hash must not depend on the order in which code happened to set the fields. */
const sorted = (record: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
