import type { ModelSpec } from '../../model/model-spec.ts';
import { type GroupContent, writeHdf5 } from '../hdf5/hdf5.ts';
import { metadataEntry, type UserMetadata } from '../user-metadata.ts';
import { zip } from '../zip/write-zip.ts';
import { toKeras3, weightCounts } from './hard-sigmoid.ts';
import { type KerasWeights, kerasWeights, scaleAllGates } from './keras-weights.ts';
import { keras3Config } from './keras3-config.ts';

/** The version of Keras whose form this is: later ones read it. */
const kerasVersion = '3.0.0';

/**
 * A model as a .keras file, which `keras.models.load_model` of Keras 3 opens. It is for inference and for further training:
 * how the model was compiled, and an optimizer's state, are not in it.
 * @throws GradpoolError that names a layer which Keras 3 has not, or computes otherwise
 */
export async function encodeKeras(
  { topology, network, parameters }: ModelSpec,
  metadata?: UserMetadata,
): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const text = (value: object) => encoder.encode(JSON.stringify(value));
  // Keras passes over a file that it does not know.
  const own = Object.entries(metadataEntry(metadata)).map(([key, value]) => [
    `${key}.json`,
    encoder.encode(value),
  ]);
  const config = text(keras3Config(topology, network));
  const weights = kerasWeights(topology, network, parameters.slice());
  scaleAllGates(weights, toKeras3);
  return zip({
    'metadata.json': text({ keras_version: kerasVersion, date_saved: '1980-01-01@00:00:00' }),
    'config.json': config,
    'model.weights.h5': await writeHdf5(groupsOf(weights)),
    ...Object.fromEntries(own),
  });
}

/** The variables of each layer: those of a wrapper, or of several cells, are groups of their own. */
function groupsOf({ layers, byLayer, parameters }: KerasWeights): Map<string, GroupContent> {
  const content = new Map<string, GroupContent>();
  for (const layer of layers) {
    const { groups } = layer;
    const own = byLayer.get(layer.name) ?? [];
    const counts = groups.length === 1 ? [own.length] : weightCounts(layer);
    let at = 0;
    for (const [place, group] of groups.entries()) {
      const variables = own.slice(at, at + counts[place]);
      at += counts[place];
      content.set(`${group}/vars`, {
        datasets: Object.fromEntries(
          variables.map(({ shape, offset, size }, number) => [
            number,
            { shape, values: parameters.subarray(offset, offset + size) },
          ]),
        ),
      });
    }
  }
  return content;
}
