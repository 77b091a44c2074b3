/** The generator with the discriminator behind it, through which it learns. */
import {
  allLayersWithin,
  type LayerJson,
  layersWithin,
  modelConfig,
  renameLayers,
} from '../model/keras/config/topology.ts';
import { readNetwork } from '../model/keras/read-network.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { type Layer, type Network, type Parameter, parametersOf } from '../model/network.ts';

/** The generator, and behind it the discriminator, which does not train there. */
export function combine(generator: ModelSpec, discriminator: ModelSpec): ModelSpec {
  const [first, second] = [generator, discriminator].map(
    ({ topology }) => structuredClone(modelConfig(topology)) as unknown as LayerJson,
  );
  giveOtherNames(second, new Set(allLayersWithin(first).map(({ config }) => config.name)));
  // TensorFlow.js knows no frozen model in a model, but frozen layers of one.
  for (const layer of allLayersWithin(second))
    if (layersWithin(layer).length === 0) Object.assign(layer.config, { trainable: false });
  const named = [
    { ...first, config: { ...asObject(first), name: 'generator' } },
    { ...second, config: { ...asObject(second), name: 'discriminator' } },
  ];
  const topology = { class_name: 'Sequential', config: { name: 'gan', layers: named } };
  const network = readNetwork(topology);
  return { topology, network, parameters: new Float32Array(network.parameterCount) };
}

/** A sequential model of old files is a list. */
const asObject = ({ config }: LayerJson): object => (Array.isArray(config) ? { layers: config } : config);

/** Two models that are made apart often have layers of the same names, like `dense_Dense1`. */
function giveOtherNames(model: LayerJson, taken: ReadonlySet<unknown>): void {
  const isTaken = allLayersWithin(model).some(({ config }) => taken.has(config.name));
  if (isTaken) renameLayers(model, (name) => `discriminator/${name}`);
}

/** Where a part of the combined network has its weights, and where these lie there. */
export interface Projection {
  /** From the part's own order into the combined network's. */
  place(own: Float32Array, combined: Float32Array): void;
  /** The part's own, out of the combined network's. */
  take(combined: Float32Array): Float32Array;
}

/** Of the generator: the first layers are its own. */
export const projectGenerator = ({ layers, parameterCount }: Network, combined: Network): Projection =>
  projection(layers, combined.layers.slice(0, layers.length), parameterCount);

/** Of the discriminator: the last layers are its own. */
export const projectDiscriminator = ({ layers, parameterCount }: Network, combined: Network): Projection =>
  projection(layers, combined.layers.slice(-layers.length), parameterCount);

function projection(own: readonly Layer[], there: readonly Layer[], count: number): Projection {
  const pairs = own.flatMap((layer, index) => {
    const others = parametersOf(there[index]);
    return parametersOf(layer).map((parameter, place): [Parameter, Parameter] => [parameter, others[place]]);
  });
  return {
    place(values, combined) {
      for (const [{ offset, size }, other] of pairs)
        combined.set(values.subarray(offset, offset + size), other.offset);
    },
    take(combined) {
      const values = new Float32Array(count);
      for (const [{ offset, size }, other] of pairs)
        values.set(combined.subarray(other.offset, other.offset + size), offset);
      return values;
    },
  };
}
