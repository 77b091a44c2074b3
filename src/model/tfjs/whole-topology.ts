import { isObject, type JsonObject } from '../keras/config/layer-config.ts';
import { allLayersWithin, type LayerJson, modelConfig } from '../keras/config/topology.ts';

type Live = Record<string, unknown>;

/** By class, the fields that the configuration of a layer lacks or has wrong. */
const corrections: ReadonlyMap<unknown, (layer: Live, config: JsonObject) => JsonObject> = new Map([
  // Without its multiplier its kernel would have another shape.
  [
    'SeparableConv2D',
    ({ depthMultiplier }: Live, config: JsonObject): JsonObject =>
      config.depth_multiplier === undefined && depthMultiplier !== undefined
        ? { depth_multiplier: depthMultiplier }
        : {},
  ],
  // Where its constraint belongs, TensorFlow.js writes its regularizer.
  [
    'DepthwiseConv2D',
    ({ depthwiseConstraint }: Live): JsonObject => ({ depthwise_constraint: written(depthwiseConstraint) }),
  ],
]);

/**
 * Puts right what TensorFlow.js's own `toJSON` leaves out of a live model's configuration.
 * @param topology of this model, which nobody else holds
 */
export function addWhatIsLeftOut(topology: object, model: unknown): void {
  const live = new Map(
    liveLayers(model)
      .filter((layer) => corrections.has(classOf(layer)))
      .map((layer) => [layer.name, layer]),
  );
  if (live.size === 0) return;
  for (const { class_name: className, config } of allLayersWithin(
    modelConfig(topology) as unknown as LayerJson,
  )) {
    const [correct, layer] = [corrections.get(className), live.get(config.name)];
    if (correct !== undefined && layer !== undefined) Object.assign(config, correct(layer, config));
  }
}

/** A constraint as a configuration has it. */
function written(constraint: unknown): unknown {
  if (!isObject(constraint)) return null;
  const { getClassName, getConfig } = constraint as { getClassName?: () => string; getConfig?: () => object };
  const settings = Object.entries(getConfig?.call(constraint) ?? {});
  const config = Object.fromEntries(
    settings.map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
  return { class_name: getClassName?.call(constraint), config };
}

/** With those of models and wrappers in it. */
function liveLayers(model: unknown): Live[] {
  const { layers, layer } = isObject(model) ? model : {};
  const own = (Array.isArray(layers) ? layers : [layer]).filter(isObject);
  return own.flatMap((one) => [one, ...liveLayers(one)]);
}

function classOf(layer: Live): unknown {
  return typeof layer.getClassName === 'function' ? layer.getClassName() : undefined;
}
