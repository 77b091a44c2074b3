/** What the tests of the tensorflow engine share. */
import type { Network } from '../src/model/network.ts';
import { tensorflowMissing } from '../src/runtime/tensorflow-package.ts';
import { layersModelOf } from './equivalence/layers-model.ts';

/** Why those tests are skipped; undefined where the engine can be had. */
export const missing: string | undefined =
  process.env.GRADPOOL_TENSORFLOW === 'off' ? 'GRADPOOL_TENSORFLOW=off' : tensorflowMissing();

/** A network that was built by hand, as the Keras-style configuration of a layers model. */
export function topologyOf(network: Network): object {
  const model = layersModelOf(network);
  const topology = JSON.parse(JSON.stringify(model.toJSON(null, false)));
  model.dispose();
  return topology;
}
