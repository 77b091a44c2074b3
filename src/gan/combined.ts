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
  /** Of each weight its place among the part's own parameters, and among those of the combined network. */
  readonly places: readonly (readonly [number, number])[];
  /** From the part's own order into the combined network's. */
  place(own: Float32Array, combined: Float32Array): void;
  /** The part's own, out of the combined network's. */
  take(combined: Float32Array): Float32Array;
}

/** Of the generator: the first layers are its own. */
export const projectGenerator = (own: Network, combined: Network): Projection =>
  projection(own, combined, combined.layers.slice(0, own.layers.length));

/** Of the discriminator: the last layers are its own. */
export const projectDiscriminator = (own: Network, combined: Network): Projection =>
  projection(own, combined, combined.layers.slice(-own.layers.length));

function projection(
  { layers, parameters, parameterCount }: Network,
  combined: Network,
  there: readonly Layer[],
): Projection {
  const pairs = layers.flatMap((layer, index) => {
    const others = parametersOf(there[index]);
    return parametersOf(layer).map((parameter, place): [Parameter, Parameter] => [parameter, others[place]]);
  });
  return {
    places: pairs.map(([own, other]) => [placeOf(own, parameters), placeOf(other, combined.parameters)]),
    place(values, all) {
      for (const [{ offset, size }, other] of pairs)
        all.set(values.subarray(offset, offset + size), other.offset);
    },
    take(all) {
      const values = new Float32Array(parameterCount);
      for (const [{ offset, size }, other] of pairs)
        values.set(all.subarray(other.offset, other.offset + size), offset);
      return values;
    },
  };
}

const placeOf = ({ name }: Parameter, all: readonly Parameter[]): number =>
  all.findIndex((one) => one.name === name);
