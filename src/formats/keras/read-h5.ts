import { inputError } from '../../errors.ts';
import { readBoundedFile } from '../../files/open-file.ts';
import type { Parameter } from '../../model/network.ts';
import { type Hdf5, readHdf5, type Stored } from '../hdf5/hdf5.ts';
import { inFile } from '../in-file.ts';
import { parseModelJson } from '../layers-model/layers-format.ts';
import type { ModelSource } from '../model-source.ts';
import { readKerasTopology } from './keras-topology.ts';
import { type KerasWeights, savedWeights, setStored } from './keras-weights.ts';

const mostBytes = 2 ** 31 - 1;

/**
 * A model that Keras 2 saved as .h5, or Keras 3 in that form: HDF5 with the configuration as an attribute. Code in it
 * (Lambda layers) is never run.
 * @throws GradpoolError that names the file when it is none, is damaged, or holds a layer that is code
 */
export async function readH5(file: string): Promise<ModelSource> {
  const bytes = await readBoundedFile(file, mostBytes);
  const { config, version } = await inFile(file, () => readHdf5(bytes, configurationIn));
  const read = await readKerasTopology(file, parseModelJson(file, Buffer.from(config)), version);
  const { hasKeras3Gates, ...rest } = read;
  return {
    ...rest,
    readWeights: (network) =>
      readHdf5(bytes, (hdf5) =>
        savedWeights(read, network, (weights) => {
          setByTop(hdf5, weights);
        }),
      ),
  };
}

function configurationIn(hdf5: Hdf5): { config: string; version: string } {
  const config = hdf5.text('', 'model_config');
  if (config === undefined)
    throw inputError(
      hdf5.texts('', 'layer_names') === undefined
        ? 'Expected a model that Keras saved, with a `model_config`, got another HDF5 file'
        : 'Expected a whole model, with its configuration, got weights alone; save it with `model.save(...)`',
    );
  return { config, version: hdf5.text('', 'keras_version') ?? '2' };
}

/** A model in the model has one list for all of its layers: first what trains, then the rest. */
function setByTop(hdf5: Hdf5, weights: KerasWeights): void {
  const { layers, byLayer, network, parameters } = weights;
  for (const top of new Set(layers.map((layer) => layer.top))) {
    const own = new Set<Parameter>(
      layers.filter((layer) => layer.top === top).flatMap(({ name }) => byLayer.get(name) ?? []),
    );
    const inOrder = network.parameters.filter((parameter) => own.has(parameter));
    setStored(top, inOrder, listedWeights(hdf5, `model_weights/${top}`, network.parameterCount), parameters);
  }
}

/** In the order of the group's `weight_names`, which stand in several attributes where they are many. */
function listedWeights(hdf5: Hdf5, group: string, mostValues: number): Stored[] {
  const names = [...(hdf5.texts(group, 'weight_names') ?? [])];
  for (let part = 0; ; part++) {
    const more = hdf5.texts(group, `weight_names${part}`);
    if (more === undefined) break;
    names.push(...more);
  }
  return names.map((name) => hdf5.floats(`${group}/${name}`, mostValues));
}
