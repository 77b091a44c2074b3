import { dirname, join } from 'node:path';
import { inputError } from '../../errors.ts';
import { exists } from '../../files/atomic-file.ts';
import { readBoundedFile } from '../../files/open-file.ts';
import { sameShape, show } from '../../model/keras/config/layer-config.ts';
import type { Parameter } from '../../model/network.ts';
import { inFile } from '../in-file.ts';
import { parseModelJson, readModelJson, readTopology } from '../layers-model/layers-format.ts';
import { checkFinite, type ModelSource, type SavedWeights, type WeightedNetwork } from '../model-source.ts';
import { metadataKey, parseMetadata } from '../user-metadata.ts';
import { decodeSafetensors, type Safetensors, type Tensor, valuesOf } from './safetensors.ts';

/** What a training's memory holds is smaller. */
const mostBytes = 2 ** 32;

/**
 * A safetensors file whose header's metadata hold a Keras-style configuration as `config`, as `gradpool export` writes it;
 * or that has such a configuration beside it, config.json.
 * @throws GradpoolError that names the file when it is none, or there is no configuration
 */
export async function readSafetensors(file: string): Promise<ModelSource> {
  const bytes = await readBoundedFile(file, mostBytes);
  const content = await inFile(file, () => decodeSafetensors(bytes));
  return {
    ...(await topologyFor(file, content)),
    ...(await inFile(file, () => parseMetadata(content.metadata[metadataKey]))),
    readWeights: async (network) => weightsIn(content, network),
  };
}

async function topologyFor(file: string, { metadata: { config } }: Safetensors) {
  if (config !== undefined) return readTopology(file, parseModelJson(file, Buffer.from(config)));
  const beside = join(dirname(file), 'config.json');
  if (!(await exists(beside)))
    throw inputError(
      `Expected ${file} to have its model's configuration, as Keras' \`model.to_json()\` gives it, in ${beside}, or as \`config\` in its metadata, got neither`,
    );
  const { topology, wayOut } = await readModelJson(beside);
  return { topology, ...(wayOut === undefined ? {} : { wayOut }) };
}

function weightsIn({ tensors }: Safetensors, network: WeightedNetwork): SavedWeights {
  const parameters = new Float32Array(network.parameterCount);
  const names = finder(network.parameters);
  const found = new Map<Parameter, string>();
  for (const [name, tensor] of tensors) {
    const parameter = names(name);
    if (parameter === undefined)
      throw inputError(`It holds the tensor ${show(name)}, which the model has not`);
    const other = found.get(parameter);
    if (other !== undefined)
      throw inputError(`Its tensors ${show(other)} and ${show(name)} are the same weight of the model`);
    found.set(parameter, name);
    checkShape(name, tensor, parameter);
    parameters.set(valuesOf(tensor), parameter.offset);
  }
  const missing = network.parameters.find((parameter) => !found.has(parameter));
  if (missing !== undefined)
    throw inputError(`Expected it to hold the weight ${show(missing.name)}, got no such tensor`);
  checkFinite(parameters, network);
  return { parameters, optimizer: [] };
}

/** Which weight a tensor is: by its name, also with dots, within a model, or within a cell, as Keras' `path`s are. */
function finder(parameters: readonly Parameter[]): (name: string) => Parameter | undefined {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const shorter = Map.groupBy(parameters, ({ name }) => withoutCell(name));
  const find = (name: string) => {
    const alone = shorter.get(withoutCell(name)) ?? shorter.get(name) ?? [];
    return byName.get(name) ?? byName.get(withoutCell(name)) ?? (alone.length === 1 ? alone[0] : undefined);
  };
  return (name) => {
    const parts = (byName.has(name) ? name : name.replaceAll('.', '/')).split('/');
    const inner = parts.map((_, start) => parts.slice(start).join('/'));
    return inner.map(find).find((parameter) => parameter !== undefined);
  };
}

const withoutCell = (name: string): string => name.replace(/[^/]+\/([^/]+)$/, '$1');

function checkShape(name: string, { shape }: Tensor, parameter: Parameter): void {
  if (!sameShape(shape, parameter.shape))
    throw inputError(
      `Expected the tensor ${show(name)} to have the shape [${parameter.shape.join(', ')}], got [${shape.join(', ')}]`,
    );
}
