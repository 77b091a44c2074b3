import type { serialization } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { firstLineOf, inputError } from '../../errors.ts';
import { camelCased } from '../keras/config/keras-config.ts';
import { show } from '../keras/config/layer-config.ts';
import { modelConfig } from '../keras/config/topology.ts';

type FromConfig = (
  cls: unknown,
  config: unknown,
  customObjects: object,
  fastWeightInit: boolean,
) => LayersModel;

/**
 * The layers model of a Keras-style configuration, synchronously (tf.models.modelFromJSON gives a promise).
 * @param registry tfjs-core's `serialization`, which knows the layers, the user's own too
 * @param withValues whether the weights get initial values; otherwise they are zero
 * @throws GradpoolError when TensorFlow.js does not know a layer, or cannot make it
 */
export function buildLayersModel(
  registry: typeof serialization,
  topology: object,
  withValues: boolean,
): LayersModel {
  const { className, config } = camelCased(modelConfig(topology)) as { className: string; config: unknown };
  const known = registry.SerializationMap.getMap().classNameMap[className];
  if (known === undefined)
    throw inputError(`Expected a Sequential or functional layers model, got the class ${show(className)}`);
  const [cls, fromConfig] = known as unknown as [unknown, FromConfig];
  try {
    return fromConfig(cls, config, {}, !withValues);
  } catch (cause) {
    throw inputError(
      `TensorFlow.js cannot make the model: ${firstLineOf(cause)}; layers of your own have to be registered by the module that \`layers\` names`,
      cause,
    );
  }
}
