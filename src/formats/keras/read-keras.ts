import { inputError } from '../../errors.ts';
import { type Hdf5, readHdf5, type Stored } from '../hdf5/hdf5.ts';
import { inFile } from '../in-file.ts';
import { parseModelJson } from '../layers-model/layers-format.ts';
import type { ModelSource, WeightedNetwork } from '../model-source.ts';
import { metadataKey, parseMetadata } from '../user-metadata.ts';
import { withZip, type ZipEntry } from '../zip/zip.ts';
import { readKerasTopology } from './keras-topology.ts';
import { savedWeights, setStored } from './keras-weights.ts';

/** As of a model.json. */
const mostConfigBytes = 64 * 2 ** 20;
const mostMetadataBytes = 2 ** 20;

/**
 * A model that Keras saved as .keras: a zip archive of its configuration and its weights. Code in it (Lambda layers) is
 * never run.
 * @throws GradpoolError that names the file when it is none, is damaged, or holds a layer that is code
 */
export async function readKeras(file: string): Promise<ModelSource> {
  const [metadata, config, own] = await withZip(file, async (entries) => [
    parseModelJson(file, await fileIn(file, entries, 'metadata.json', mostMetadataBytes)),
    parseModelJson(file, await fileIn(file, entries, 'config.json', mostConfigBytes)),
    await ownIn(file, entries),
  ]);
  const read = await readKerasTopology(file, config, String(metadata.keras_version));
  const { hasKeras3Gates, ...rest } = read;
  return {
    ...rest,
    ...own,
    async readWeights(network) {
      const bytes = await withZip(file, (entries) =>
        fileIn(file, entries, 'model.weights.h5', mostWeightBytes(network)),
      );
      return readHdf5(bytes, (hdf5) =>
        savedWeights(read, network, ({ layers, byLayer, parameters }) => {
          for (const { name, groups } of layers) {
            const stored = groups.flatMap((group) => variablesIn(hdf5, group, network.parameterCount));
            setStored(name, byLayer.get(name) ?? [], stored, parameters);
          }
        }),
      );
    },
  };
}

/** With room for an optimizer's state, in double precision, and for what HDF5 itself writes for each. */
const mostWeightBytes = ({ parameterCount, parameters }: WeightedNetwork): number =>
  2 ** 20 + 2 ** 16 * parameters.length + 5 * 8 * parameterCount;

async function ownIn(file: string, entries: readonly ZipEntry[]): Promise<ReturnType<typeof parseMetadata>> {
  const name = `${metadataKey}.json`;
  if (!entries.some((entry) => entry.name === name)) return {};
  const bytes = await fileIn(file, entries, name, mostMetadataBytes);
  return inFile(file, () => parseMetadata(bytes));
}

async function fileIn(
  file: string,
  entries: readonly ZipEntry[],
  name: string,
  most: number,
): Promise<Uint8Array> {
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined)
    throw inputError(
      `Expected ${file} to be a model that Keras saved, with a ${name} in it, got a zip archive without`,
    );
  if (entry.bytes <= most) return entry.read();
  throw inputError(`Expected ${name} in ${file} to be at most ${most} bytes, got ${entry.bytes}`);
}

function variablesIn(hdf5: Hdf5, group: string, mostValues: number): Stored[] {
  const path = `${hdf5.has(group) ? group : inWordsOfKeras2(group)}/vars`;
  return hdf5.names(path).map((_, number) => hdf5.floats(`${path}/${number}`, mostValues));
}

/** The list of layers, as Keras 2.12 called it. */
const inWordsOfKeras2 = (group: string): string =>
  group.replaceAll(/(^|\/)layers\//g, '$1_layer_checkpoint_dependencies/');
