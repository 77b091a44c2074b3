import { resolve } from 'node:path';
import { type Parameter, parametersOf } from '../../model/network.ts';
import type { Manifest } from '../../run/manifest.ts';
import type { ModelFacts } from '../../run/model-facts.ts';
import { sha256 } from '../../sha256.ts';
import { openSaved } from '../load/saved.ts';
import { count, notice, print, short } from '../print/output.ts';
import { printable } from '../print/printable.ts';
import { aligned } from '../print/table.ts';

export interface InspectCommandOptions {
  readonly json?: boolean;
  readonly layers?: string;
}

/** Prints what a saved model is made of. @returns the exit code */
export async function inspectCommand(
  path: string,
  { json = false, layers }: InspectCommandOptions = {},
): Promise<number> {
  const {
    model,
    manifest,
    facts,
    path: found,
  } = await openSaved(path, layers === undefined ? undefined : resolve(layers));
  const { network } = model;
  const weights = network.parameters.map((parameter) => weightOf(parameter, model.parameters));
  const layerRows = network.layers.map((layer) => ({
    name: layer.name,
    kind: layer.kind,
    output: layer.output,
    parameters: parametersOf(layer).reduce((sum, { size }) => sum + size, 0),
  }));
  const parametersSha256 = sha256(model.parameters);
  if (json) {
    const { parameterCount } = network;
    const saved = manifest === undefined ? {} : savedFields(manifest);
    print(
      JSON.stringify({
        ...{ path: found, parameterCount, parametersSha256, ...saved, ...facts },
        ...{ layers: layerRows, weights },
      }),
    );
    return 0;
  }
  print(`${found}: ${count(network.parameterCount)} parameters, input [${network.input.join(', ')}]`);
  if (network.opaque !== undefined)
    notice(`its layers are TensorFlow.js's own matter: ${network.opaque.reason}`);
  const table = [
    ['layer', 'kind', 'output', 'parameters'],
    ...layerRows.map(({ name, kind, output, parameters }) => [
      ...[printable(name), kind, `[${output.join(', ')}]`, count(parameters)],
    ]),
  ];
  if (layerRows.length > 0) for (const line of aligned(table, 3)) print(line);
  print('');
  for (const line of aligned(weightTable(weights), 2)) print(line);
  print('');
  for (const line of factLines(facts)) print(line);
  if (manifest !== undefined) for (const line of savedLines(manifest)) print(line);
  print(`SHA-256 of the parameters: ${parametersSha256}`);
  return 0;
}

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trains: boolean;
  /** The root of the sum of the squares. */
  readonly norm: number;
  readonly least: number;
  readonly most: number;
  readonly sha256: string;
}

function weightOf({ name, shape, offset, size, untrained }: Parameter, parameters: Float32Array): Weight {
  const values = parameters.subarray(offset, offset + size);
  let [squares, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    squares += value * value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const hash = sha256(values);
  return {
    name,
    shape,
    trains: untrained === undefined,
    norm: Math.sqrt(squares),
    least,
    most,
    sha256: hash,
  };
}

const weightTable = (weights: readonly Weight[]): string[][] => [
  ['weight', 'shape', 'norm', 'least', 'most', 'SHA-256'],
  ...weights.map(({ name, shape, trains, norm, least, most, sha256: hash }) => [
    `${printable(name)}${trains ? '' : ' (not trained)'}`,
    `[${shape.join(', ')}]`,
    ...[norm, least, most].map(short),
    hash.slice(0, 12),
  ]),
];

function factLines({ classNames, columns, normalization }: ModelFacts): string[] {
  const list = (values: readonly unknown[]) => values.map((value) => printable(`${value}`)).join(', ');
  return [
    ...(classNames === undefined ? [] : [`classes: ${list(classNames)}`]),
    ...(columns === undefined ? [] : [`columns: ${list(columns.inputs.map(({ name }) => name))}`]),
    ...(normalization === undefined
      ? []
      : [`examples less ${list(normalization.mean)}, divided by ${list(normalization.std)}, each channel`]),
  ];
}

const savedFields = ({ step, learningRate, optimizer, files }: Manifest) => ({
  ...{ step, learningRate, optimizer, files },
});

function savedLines({ step, learningRate, optimizer, files }: Manifest): string[] {
  const names = Object.entries(files).map(([name, { bytes, sha256: hash }]) => [name, count(bytes), hash]);
  return [
    `step ${step}, ${optimizer.name}, learning rate ${learningRate}`,
    ...aligned([['file', 'bytes', 'SHA-256'], ...names], 1),
  ];
}
