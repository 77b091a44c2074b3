/** From what Keras stored to the network's parameters. */
import { inputError } from '../../errors.ts';
import { sameShape, show } from '../../model/keras/config/layer-config.ts';
import type { Parameter } from '../../model/network.ts';
import type { Stored } from '../hdf5/hdf5.ts';
import { checkFinite, parametersByLayer, type SavedWeights, type WeightedNetwork } from '../model-source.ts';
import { scaleGates, toKeras3 } from './hard-sigmoid.ts';
import type { KerasTopology } from './keras-topology.ts';
import { type StoredLayer, storedLayers } from './stored-layers.ts';

/** The parameters of a network, by the layers in which Keras stores them. */
export interface KerasWeights {
  readonly network: WeightedNetwork;
  readonly layers: readonly StoredLayer[];
  readonly byLayer: ReadonlyMap<string, readonly Parameter[]>;
  /** [network.parameterCount] */
  readonly parameters: Float32Array;
}

export function kerasWeights(
  topology: object,
  network: WeightedNetwork,
  parameters: Float32Array,
): KerasWeights {
  const layers = storedLayers(topology);
  const names = layers.map(({ name }) => name);
  return { network, layers, byLayer: parametersByLayer(network.parameters, names), parameters };
}

/** @param read sets all of the parameters */
export function savedWeights(
  { topology, hasKeras3Gates }: KerasTopology,
  network: WeightedNetwork,
  read: (weights: KerasWeights) => void,
): SavedWeights {
  const weights = kerasWeights(topology, network, new Float32Array(network.parameterCount));
  read(weights);
  if (hasKeras3Gates) scaleAllGates(weights, 1 / toKeras3);
  checkFinite(weights.parameters, network);
  return { parameters: weights.parameters, optimizer: [] };
}

/** Changes the parameters. */
export function scaleAllGates({ layers, byLayer, parameters }: KerasWeights, factor: number): void {
  for (const layer of layers) scaleGates(layer, byLayer.get(layer.name) ?? [], parameters, factor);
}

/**
 * Writes stored weights to where the parameters lie that they are of, in their order.
 * @param layer for messages
 */
export function setStored(
  layer: string,
  own: readonly Parameter[],
  stored: readonly Stored[],
  parameters: Float32Array,
): void {
  if (own.length !== stored.length)
    throw inputError(
      `Expected it to hold ${own.length} weights of layer ${show(layer)}, as its configuration says, got ${stored.length}`,
    );
  for (const [index, { name, shape, offset }] of own.entries()) {
    const found = stored[index];
    if (!sameShape(found.shape, shape))
      throw inputError(
        `Expected the weight ${show(name)} to have the shape [${shape.join(', ')}], got [${found.shape.join(', ')}]`,
      );
    parameters.set(found.values, offset);
  }
}
