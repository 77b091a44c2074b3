/** Which models are trained, and that each has one training at a time. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { unexpected } from '../../check.ts';
import { usageError } from '../../errors.ts';
import { aLayersModel, isTrainableModel } from '../../model/tfjs/layers-model.ts';

/** @param caller the function that is called, for messages */
export function checkModel(
  model: unknown,
  caller: 'fit' | 'fitDataset' | 'createTrainer',
): asserts model is LayersModel {
  if (!isTrainableModel(model)) throw unexpected('model', aLayersModel, model);
  const { optimizer } = model as LayersModel;
  if (optimizer === undefined || optimizer === null)
    throw usageError(
      `Expected a compiled model, got one without an optimizer; call \`model.compile\` before \`${caller}\``,
    );
}

/**
 * Trains a model that nothing else trains.
 * @throws GradpoolError of kind 'usage' while another `fit` does
 */
export async function alone<T>(model: LayersModel, train: () => Promise<T>): Promise<T> {
  const lock = lockOf(model);
  if (lock.isTraining)
    throw usageError('Expected one `fit` of a model at a time, got another while one is under way');
  lock.isTraining = true;
  try {
    return await train();
  } finally {
    lock.isTraining = false;
  }
}

/** tfjs's own flag, so that neither runs into the other; a sequential model trains one that it holds. */
function lockOf(model: LayersModel): { isTraining: boolean } {
  const { model: held } = model as { model?: LayersModel };
  return (held ?? model) as unknown as { isTraining: boolean };
}
