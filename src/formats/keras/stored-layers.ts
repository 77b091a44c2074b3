/** Where Keras keeps the weights of a model's layers. */
import { isObject, type JsonObject } from '../../model/keras/config/layer-config.ts';
import { type LayerJson, layersWithin, modelConfig } from '../../model/keras/config/topology.ts';

/** A layer that is no model, of a model or of one in it. */
export interface StoredLayer {
  readonly name: string;
  readonly className: string;
  readonly fields: JsonObject;
  /** Of the model itself the layer, or the model in it, that holds it. */
  readonly top: string;
  /** Groups of model.weights.h5 that hold its variables as `vars/0`, `vars/1`, ..., in their order. */
  readonly groups: readonly string[];
}

/** All of them, in the order of the configuration: Keras numbers the layers of a class in that order. */
export const storedLayers = (topology: object): StoredLayer[] => [
  ...walk(modelConfig(topology) as unknown as LayerJson, '', undefined),
];

function* walk(model: LayerJson, within: string, top: string | undefined): Generator<StoredLayer> {
  const unique = counter();
  for (const layer of layersWithin(model)) {
    const className = String(layer.class_name);
    // A sequential model does not count its input.
    if (className === 'InputLayer') continue;
    const name = String(layer.config.name);
    const path = `${within}layers/${unique(snakeCase(className))}`;
    if (Array.isArray(layer.config.layers)) yield* walk(layer, `${path}/`, top ?? name);
    else
      yield {
        name,
        className,
        fields: layer.config,
        top: top ?? name,
        groups: groupsOf(className, layer.config, path),
      };
  }
}

/** Names as Keras makes them unique among those of one list: dense, dense_1, ... */
function counter(): (name: string) => string {
  const counts = new Map<string, number>();
  return (name) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  };
}

/** As keras.src.utils.naming.to_snake_case: `Conv2DTranspose` is conv2d_transpose, `GRU` gru. */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

function groupsOf(className: string, fields: JsonObject, path: string): string[] {
  switch (className) {
    case 'SimpleRNN':
    case 'LSTM':
    case 'GRU':
      return [`${path}/cell`];
    case 'RNN':
      return cellGroups(fields.cell, `${path}/cell`);
    case 'Bidirectional':
      return ['forward', 'backward'].flatMap((way) => inner(fields, `${path}/${way}_layer`));
    case 'TimeDistributed':
      return inner(fields, `${path}/layer`);
    default:
      return [path];
  }
}

function inner({ layer }: JsonObject, path: string): string[] {
  const { class_name: className, config } = isObject(layer) ? layer : {};
  return groupsOf(String(className), isObject(config) ? config : {}, path);
}

function cellGroups(cell: unknown, path: string): string[] {
  const config = isObject(cell) && isObject(cell.config) ? cell.config : {};
  if (!Array.isArray(config.cells)) return [path];
  const unique = counter();
  return config.cells.map(
    (one: unknown) => `${path}/cells/${unique(snakeCase(isObject(one) ? String(one.class_name) : ''))}`,
  );
}
