/** Models that only TensorFlow.js itself can read: it makes them, with values drawn from the seed. */
import { loadTensorflow } from '../../runtime/tensorflow-package.ts';
import type { ReadNetworkOptions } from '../keras/read-network.ts';
import type { Network, Opaque } from '../network.ts';
import { buildLayersModel } from './build-layers-model.ts';
import { importLayers } from './import-layers.ts';
import { opaqueNetwork } from './opaque-network.ts';
import { plainTensorflow } from './plain-tensorflow.ts';
import { withSeededRandom } from './seeded-random.ts';

/** @throws GradpoolError when TensorFlow.js cannot make the model, or it cannot be trained */
export async function readOpaqueNetwork(
  topology: object,
  opaque: Opaque,
  options: ReadNetworkOptions,
): Promise<Network> {
  const { serialization } = await plainTensorflow();
  const { layersModule } = opaque;
  if (layersModule !== undefined) await importLayers(layersModule);
  const model = buildLayersModel(serialization, topology, false);
  const { inputs, outputs, trainableWeights: trained, nonTrainableWeights: others } = model;
  const network = opaqueNetwork({ inputs, outputs, trained, others }, topology, opaque, options);
  model.dispose();
  return network;
}

/**
 * The values that its layers' own initializers give, with random numbers from the seed.
 * @returns [network.parameterCount] in natural order
 */
export function drawnByTensorflow(topology: object, network: Network, seed: number): Float32Array {
  const { serialization } = loadTensorflow(network.opaque?.reason);
  const place = { step: 0, position: 0 };
  const model = withSeededRandom(seed, place, () => buildLayersModel(serialization, topology, true));
  const values = new Float32Array(network.parameterCount);
  for (const [index, weight] of model.getWeights().entries())
    values.set(weight.dataSync<'float32'>(), network.parameters[index].offset);
  model.dispose();
  return values;
}
