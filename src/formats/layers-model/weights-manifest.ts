import { isAbsolute, relative, resolve, sep } from 'node:path';
import { inputError, messageOf } from '../../errors.ts';
import { readBoundedFile, regularFileSize } from '../../files/open-file.ts';
import { isObject, sameShape, show } from '../../model/keras/config/layer-config.ts';
import type { Parameter } from '../../model/network.ts';
import { checkFinite, type NamedWeight, type SavedWeights, type WeightedNetwork } from '../model-source.ts';
import { byteLengthOf, decodeWeight, readEntry, type WeightEntry } from './decode-weight.ts';

/**
 * Reads the weights that a model.json's `weightsManifest` lists, in all forms that tf.loadLayersModel reads: float32 or
 * quantized, with an optimizer's behind them, in any order.
 * @param directory where the model.json lies, and all its files of weights
 * @param manifest groups of { paths, weights: [{ name, shape, dtype, quantization, group }] }: a group's files, one
 * after the other, are its weights, one after the other
 * @returns undefined when the manifest lists no weight at all
 * @throws GradpoolError unless files and list hold exactly the network's parameters
 */
export async function readWeights(
  directory: string,
  manifest: unknown,
  network: WeightedNetwork,
): Promise<SavedWeights | undefined> {
  const groups = groupsOf(manifest, network);
  if (groups.every(({ weights }) => weights.length === 0)) return undefined;
  checkComplete(groups, network);
  const files: FileSize[][] = [];
  for (const group of groups) files.push(await checkFiles(directory, group));
  const parameters = new Float32Array(network.parameterCount);
  const optimizer: NamedWeight[] = [];
  for (const [index, group] of groups.entries()) {
    const bytes = await readAll(files[index]);
    for (const { entry, parameter, values } of decoded(group, bytes))
      if (parameter === undefined) optimizer.push({ ...entry, values });
      else parameters.set(values, parameter.offset);
  }
  checkFinite(parameters, network);
  return { parameters, optimizer };
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Weight[];
}

interface Weight {
  readonly entry: WeightEntry;
  /** What it is the value of; absent for a part of an optimizer's state. */
  readonly parameter?: Parameter;
}

interface FileSize {
  readonly file: string;
  readonly size: number;
}

function groupsOf(manifest: unknown, { parameters }: WeightedNetwork): Group[] {
  if (!Array.isArray(manifest))
    throw inputError(`Expected \`weightsManifest\` to be a list, got ${show(manifest)}`);
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const byNumber = numbered(parameters);
  const find = (name: string) => byName.get(name) ?? byName.get(withoutCell(name)) ?? byNumber.get(name);
  return manifest.map((group: unknown) => {
    const { paths, weights } = isObject(group) ? group : {};
    if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string') || !Array.isArray(weights))
      throw inputError(
        `Expected each group of \`weightsManifest\` to be { paths, weights }, got ${show(group)}`,
      );
    return { paths, weights: weights.map((weight) => takeWeight(weight, find)) };
  });
}

function takeWeight(value: unknown, find: (name: string) => Parameter | undefined): Weight {
  const entry = readEntry(value);
  if (entry.ofOptimizer) return { entry };
  const { name, shape, dtype } = entry;
  const parameter = find(name);
  if (parameter === undefined)
    throw inputError(`\`weightsManifest\` lists the weight ${show(name)}, which the model has not`);
  if (dtype !== 'float32')
    throw inputError(`Expected the weight ${show(name)} to be float32, got ${show(dtype)}`);
  if (!sameShape(shape, parameter.shape))
    throw inputError(
      `Expected the weight ${show(name)} to have the shape [${parameter.shape.join(', ')}], got [${shape.join(', ')}]`,
    );
  return { entry, parameter };
}

/** TensorFlow 2 may write `layer/cell/kernel` for `layer/kernel`; tf.loadLayersModel reads it so too. */
const withoutCell = (name: string): string => name.replace(/[^/]*\/([^/]*)$/, '$1');

/** Keras 3 writes `layer/0` for a layer's first weight; tf.loadLayersModel reads it so too. */
function numbered(parameters: readonly Parameter[]): Map<string, Parameter> {
  const counts = new Map<string, number>();
  return new Map(
    parameters.map((parameter) => {
      const layer = parameter.name.slice(0, parameter.name.lastIndexOf('/'));
      const number = counts.get(layer) ?? 0;
      counts.set(layer, number + 1);
      return [`${layer}/${number}`, parameter];
    }),
  );
}

function checkComplete(groups: readonly Group[], { parameters }: WeightedNetwork): void {
  const listed = new Set<Parameter>();
  for (const { entry, parameter } of groups.flatMap(({ weights }) => weights)) {
    if (parameter === undefined) continue;
    if (listed.has(parameter))
      throw inputError(`\`weightsManifest\` lists the weight ${show(entry.name)} twice`);
    listed.add(parameter);
  }
  const missing = parameters.find((parameter) => !listed.has(parameter));
  if (missing !== undefined)
    throw inputError(
      `\`weightsManifest\` lacks the weight ${show(missing.name)}; save the whole model again`,
    );
}

/** A group's files, with sizes that add up to its weights'. */
async function checkFiles(directory: string, { paths, weights }: Group): Promise<FileSize[]> {
  const files: FileSize[] = [];
  for (const path of paths) {
    const file = inside(directory, path);
    files.push({ file, size: await weightFileSize(file) });
  }
  const expected = weights.reduce((sum, { entry }) => sum + byteLengthOf(entry), 0);
  const found = files.reduce((sum, { size }) => sum + size, 0);
  if (found !== expected)
    throw inputError(`Expected ${expected} bytes of weights in ${paths.map(show).join(', ')}, got ${found}`);
  return files;
}

async function weightFileSize(file: string): Promise<number> {
  try {
    return await regularFileSize(file);
  } catch (error) {
    throw inputError(
      `Its weights cannot be read: ${messageOf(error)}; put the file there, or take \`weightsManifest\` out of the model.json to begin with values drawn from the seed`,
      error,
    );
  }
}

function inside(directory: string, path: string): string {
  const file = resolve(directory, path);
  const way = relative(directory, file);
  if (way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw inputError(`Expected files of weights to lie beside the model.json, got the path ${show(path)}`);
  return file;
}

async function readAll(files: readonly FileSize[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const { file, size } of files) parts.push(await readBoundedFile(file, size));
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

function* decoded({ weights }: Group, bytes: Uint8Array) {
  let at = 0;
  for (const weight of weights) {
    const end = at + byteLengthOf(weight.entry);
    yield { ...weight, values: decodeWeight(weight.entry, bytes.subarray(at, end)) };
    at = end;
  }
}
