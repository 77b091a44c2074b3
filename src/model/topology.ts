/** Walks a layers model's Keras-style configuration, which is JSON of bounded depth. */
import { inputError } from '../errors.ts';
import { isObject, type JsonObject, show } from './layer-config.ts';

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
