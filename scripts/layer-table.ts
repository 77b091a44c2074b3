/**
 * Writes docs/layers.md from the tables of the sources and the networks of the tests: `node scripts/layer-table.ts`.
 * An engine has a layer where its `supports` says so; a setting is tried where a network of the contract suite has it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialization } from '@tensorflow/tfjs-core';
import { layers, version_layers as tfjsVersion } from '@tensorflow/tfjs-layers';
import {
  classesOf,
  isKnownClass,
  layerlessClasses,
  wrapperClasses,
} from '../src/model/keras/layers/read-layer.ts';
import type { Layer, LayerKind, Network } from '../src/model/network.ts';
import { engines } from '../src/worker/engines/engines.ts';
import { networks, shardNetworks } from '../testing/engine/networks.ts';

const page = join(import.meta.dirname, '..', 'docs', 'layers.md');

/** What stands in a layer besides its settings. */
const noSettings = ['kind', 'name', 'index', 'input', 'output', 'reads', 'inputs'];

/** The page as it is now. */
export function layerPage(): string {
  const tried = layersByKind({ ...networks, ...shardNetworks });
  const rows = [...tried].map(([kind, layers]) => rowOf(kind, layers)).sort();
  return `# Layers

Which engine trains which layer of TensorFlow.js. Written by \`node scripts/layer-table.ts\` from the tables in
\`src/model/keras/layers/read-layer.ts\` and \`supports\` of the engines; the settings are those of the networks that the
contract suite tries (\`testing/engine/networks.ts\`): wasm against reference, reference against central differences, both
against TensorFlow.js. \`tensorflow\` trains the layers that are not here, too.

${layerlessClasses.join(', ')} change a shape and nothing else: no engine sees them. ${wrapperClasses.join(', ')} are read
as the layers that they stand for: cells on each other as layers one behind the other, a layer at each time as calls of it.

Of the classes that TensorFlow.js ${tfjsVersion} registers, only \`tensorflow\` trains ${othersOfTfjs().join(', ')}.
Multi-head attention is not among them: TensorFlow.js has sources of such a layer, but neither exports nor registers it.

Constraints and l1 and l2 regularizers of any weight are computed by every engine, as Keras has them: \`model.fit\` of
TensorFlow.js applies no constraints, and leaves out regularizers of recurrent layers. Activity regularizers are refused,
as TensorFlow.js does.

| Keras classes | kind | reference | wasm | tensorflow | settings tried |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Where \`tensorflow\` does not train one, or some of its settings:

${lacks(tried).join('\n')}
`;
}

/** Layers that no reader knows; cells are no layers by themselves, and some are bases of others. */
function othersOfTfjs(): string[] {
  const registered = Object.entries(serialization.SerializationMap.getMap().classNameMap);
  return registered
    .filter(([, [cls]]) => (cls as { prototype: object }).prototype instanceof layers.Layer)
    .map(([name]) => name)
    .filter(
      (name) =>
        !isKnownClass(name) && !/Cells?$|Model$|^(Sequential|Functional|ConvRNN2D|SeparableConv)$/.test(name),
    )
    .sort();
}

function layersByKind(all: Readonly<Record<string, Network>>): Map<LayerKind, Layer[]> {
  const found = new Map<LayerKind, Layer[]>();
  for (const { layers } of Object.values(all))
    for (const layer of layers) found.set(layer.kind, [...(found.get(layer.kind) ?? []), layer]);
  return found;
}

function rowOf(kind: LayerKind, layers: readonly Layer[]): string {
  const answers = (['reference', 'wasm', 'tensorflow'] as const).map((engine) => {
    const reasons = layers.map((layer) => engines[engine].supports(layer));
    return reasons.every((reason) => reason === undefined)
      ? 'yes'
      : reasons.some((reason) => reason === undefined)
        ? 'some'
        : 'no';
  });
  const classes = classesOf(kind).join(', ');
  return `| ${classes} | ${kind} | ${answers.join(' | ')} | ${settingsOf(layers)} |`;
}

/** What tensorflow says of the layers that it does not train, each once. */
function lacks(tried: ReadonlyMap<LayerKind, readonly Layer[]>): string[] {
  const reasons = [...tried].flatMap(([kind, layers]) =>
    layers.flatMap((layer) => {
      const reason = engines.tensorflow.supports(layer);
      return reason === undefined ? [] : [`- ${kind}: ${reason}`];
    }),
  );
  return [...new Set(reasons)].sort();
}

/** Each setting with the values that it has somewhere. */
function settingsOf(layers: readonly Layer[]): string {
  const values = new Map<string, Set<string>>();
  for (const layer of layers)
    for (const [name, value] of Object.entries(layer)) {
      if (noSettings.includes(name) || !isSetting(value)) continue;
      values.set(name, (values.get(name) ?? new Set()).add(shown(value)));
    }
  const list = [...values].map(
    ([name, seen]) => `${name} ${[...seen].slice(0, most).join(', ')}${seen.size > most ? ', ...' : ''}`,
  );
  return list.join('; ');
}

const most = 8;

const isSetting = (value: unknown): boolean =>
  ['number', 'string', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every((part) => typeof part === 'number'));

const shown = (value: unknown): string => (Array.isArray(value) ? value.join('x') : String(value));

if (import.meta.main) writeFileSync(page, layerPage());

/** The page as it was written. */
export const writtenPage = (): string => readFileSync(page, 'utf8');
