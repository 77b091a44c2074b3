/** Walks a layers model's Keras-style configuration, which is JSON of bounded depth. */
import { inputError } from '../../../errors.ts';
import { isObject, type JsonObject, show } from './layer-config.ts';

/** A model in a model takes a few levels. */
export const mostJsonDepth = 256;

/** Files of Keras wrap the configuration. */
export function modelConfig(topology: object): JsonObject {
  const { model_config: wrapped } = topology as JsonObject;
  return isObject(wrapped) ? wrapped : (topology as JsonObject);
}

/** A layer, or a model that stands as one: { class_name, config }. */
export interface LayerJson {
  readonly class_name?: unknown;
  readonly config: JsonObject;
}

/** The layers of a model, sequential or functional, or of a wrapper; empty for a layer that holds none. */
export function layersWithin({ config }: Pick<LayerJson, 'config'>): readonly LayerJson[] {
  const { layers, layer } = config;
  const list = Array.isArray(config) ? config : Array.isArray(layers) ? layers : [layer];
  return list.filter((item): item is LayerJson => isObject(item) && isObject(item.config));
}

/** Every layer of a model, also those of models and wrappers in it, from outside to inside. */
export function allLayersWithin(model: Pick<LayerJson, 'config'>): readonly LayerJson[] {
  return layersWithin(model).flatMap((layer) => [layer, ...allLayersWithin(layer)]);
}

/** Gives every layer of a model another name, also where a functional graph names it. Changes `model`. */
export function renameLayers(model: LayerJson, rename: (name: string) => string): void {
  for (const layer of layersWithin(model)) {
    const named = layer as { name?: unknown; inbound_nodes?: unknown; config: { name?: unknown } };
    if (typeof named.name === 'string') named.name = rename(named.name);
    if (typeof named.config.name === 'string') named.config.name = rename(named.config.name);
    renameSources(named.inbound_nodes, rename);
    renameLayers(layer, rename);
  }
  for (const ends of [model.config.input_layers, model.config.output_layers]) renameSources(ends, rename);
}

/** Of tensors that are named as ['layer', 0, 0], in lists of any depth. */
function renameSources(value: unknown, rename: (name: string) => string): void {
  if (!Array.isArray(value)) return;
  if (typeof value[0] === 'string') value[0] = rename(value[0]);
  else for (const item of value) renameSources(item, rename);
}

/** @throws GradpoolError for layers whose state goes from batch to batch: shards are computed in any order */
export function refuseStateful(topology: object): void {
  const model = modelConfig(topology);
  if (!isObject(model.config) && !Array.isArray(model.config)) return;
  const found = allLayersWithin(model as unknown as LayerJson).find(({ config }) => config.stateful === true);
  if (found !== undefined)
    throw inputError(
      `Layer ${show(found.config.name)} (${String(found.class_name)}) is \`stateful\`: it carries its state from batch to batch, which no engine does, as the parts of a batch are computed in any order; make it with \`stateful: false\`, or train it with \`model.fit\``,
    );
}
