import { isObject, type JsonObject } from '../keras/config/layer-config.ts';
import { modelConfig } from '../keras/config/topology.ts';

/** Whether the last layer of a sequential model, or the output layer of a functional one, is or ends in softmax; of models in it too. */
export const endsInSoftmax = (topology: object): boolean => {
  const layer = outputLayer(topology);
  if (layer === undefined) return false;
  return layer.class_name === 'Softmax' || (layer.config as JsonObject).activation === 'softmax';
};

/** The same model without that softmax: its output is the logits. */
export function withoutSoftmax(topology: object): object {
  const copy = structuredClone(topology);
  const layer = outputLayer(copy) as { class_name: string; config: Record<string, unknown> } | undefined;
  if (layer === undefined || !endsInSoftmax(copy)) return copy;
  if (layer.class_name === 'Softmax') {
    layer.class_name = 'Activation';
    delete layer.config.axis;
  }
  layer.config.activation = 'linear';
  return copy;
}

function outputLayer(topology: object): JsonObject | undefined {
  const { config } = modelConfig(topology);
  const { layers, output_layers: outputs } = isObject(config)
    ? config
    : { layers: config, output_layers: undefined };
  if (!Array.isArray(layers)) return undefined;
  const name = Array.isArray(outputs) ? outputs.flat(2)[0] : undefined;
  const found = name === undefined ? layers[layers.length - 1] : layers.find((layer) => layer?.name === name);
  if (!isObject(found) || !isObject(found.config)) return undefined;
  // A nested model ends as its own output layer does.
  return Array.isArray(found.config.layers) ? outputLayer(found) : found;
}
