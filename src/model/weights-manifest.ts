import { isAbsolute, relative, resolve, sep } from 'node:path';
import { inputError, messageOf } from '../errors.ts';
import { isObject, isPositiveInteger, sameShape, show } from './layer-config.ts';
import type { Network, Parameter } from './network.ts';
import { readBoundedFile, regularFileSize } from './read-bounded-file.ts';

/**
 * Reads the weights that a model.json's `weightsManifest` lists.
 * @param directory where the model.json lies, and all its files of weights
 * @param manifest groups of { paths, weights: [{ name, shape, dtype }] }: a group's files, one after the other, are
 * its weights, one after the other
 * @returns [network.parameterCount] in natural order, or undefined when the manifest lists no weight at all
 * @throws GradpoolError unless files and list hold exactly the network's parameters
 */
export async function readWeights(
  directory: string,
  manifest: unknown,
  network: Network,
): Promise<Float32Array | undefined> {
  const groups = groupsOf(manifest, network);
  if (groups.every(({ weights }) => weights.length === 0)) return undefined;
  checkComplete(groups, network);
  const files: FileSize[][] = [];
  for (const group of groups) files.push(await checkFiles(directory, group));
  const parameters = new Float32Array(network.parameterCount);
  for (const [index, group] of groups.entries()) copyWeights(await readAll(files[index]), group, parameters);
  checkFinite(parameters, network);
  return parameters;
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Parameter[];
}

interface FileSize {
  readonly file: string;
  readonly size: number;
}

function groupsOf(manifest: unknown, network: Network): Group[] {
  if (!Array.isArray(manifest))
    throw inputError(`Expected \`weightsManifest\` to be a list, got ${show(manifest)}`);
  const byName = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  return manifest.map((group: unknown) => {
    const { paths, weights } = isObject(group) ? group : {};
    if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string') || !Array.isArray(weights))
      throw inputError(
        `Expected each group of \`weightsManifest\` to be { paths, weights }, got ${show(group)}`,
      );
    return { paths, weights: weights.map((weight) => takeParameter(weight, byName)) };
  });
}

/** The parameter that an entry stands for; each may be taken once. */
function takeParameter(entry: unknown, byName: Map<string, Parameter>): Parameter {
  const { name, shape, dtype, quantization } = isObject(entry) ? entry : {};
  if (typeof name !== 'string' || !Array.isArray(shape) || !shape.every(isPositiveInteger))
    throw inputError(
      `Expected each weight of \`weightsManifest\` to be { name, shape, dtype }, got ${show(entry)}`,
    );
  const parameter = byName.get(name) ?? byName.get(withoutCell(name));
  if (parameter === undefined)
    throw inputError(
      `\`weightsManifest\` lists the weight ${show(name)}, which the model has not, or lists it twice`,
    );
  if (dtype !== 'float32' || (quantization ?? null) !== null)
    throw inputError(
      `Expected the weight ${show(name)} to be plain float32, got ${(quantization ?? null) === null ? show(dtype) : `the quantization ${show(quantization)}`}`,
    );
  if (!sameShape(shape, parameter.shape))
    throw inputError(
      `Expected the weight ${show(name)} to have the shape [${parameter.shape.join(', ')}], got [${shape.join(', ')}]`,
    );
  byName.delete(parameter.name);
  return parameter;
}

/** TensorFlow 2 may write `layer/cell/kernel` for `layer/kernel`; tf.loadLayersModel reads it so too. */
const withoutCell = (name: string): string => name.replace(/[^/]*\/([^/]*)$/, '$1');

function checkComplete(groups: readonly Group[], network: Network): void {
  const listed = new Set(groups.flatMap(({ weights }) => weights));
  const missing = network.parameters.find((parameter) => !listed.has(parameter));
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
  const expected = 4 * weights.reduce((sum, { size }) => sum + size, 0);
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

/** Little-endian float32, as the processor has it (see encodeLayersModel). */
function copyWeights(bytes: Uint8Array, { weights }: Group, parameters: Float32Array): void {
  const target = new Uint8Array(parameters.buffer);
  let at = 0;
  for (const { offset, size } of weights) {
    target.set(bytes.subarray(at, at + 4 * size), 4 * offset);
    at += 4 * size;
  }
}

function checkFinite(parameters: Float32Array, network: Network): void {
  const bad = parameters.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const within = network.parameters.find(({ offset, size }) => bad >= offset && bad < offset + size);
  throw inputError(`Expected the weights to be finite, got ${parameters[bad]} in ${show(within?.name)}`);
}
