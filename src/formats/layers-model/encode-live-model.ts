import type { LayersModel } from '@tensorflow/tfjs-layers';
import { firstLineOf, inputError } from '../../errors.ts';
import { refuseDisposed } from '../../model/tfjs/layers-model.ts';
import { addWhatIsLeftOut } from '../../model/tfjs/whole-topology.ts';
import { metadataKey, type UserMetadata } from '../user-metadata.ts';
import { type LayersModelFiles, layersModelFiles, type SavedWeight } from './layers-format.ts';

/** What `saveModel` writes. */
export interface SaveModelOptions {
  /** Save how the model is compiled and its optimizer's state too, to go on from. As `model.save`, default false. */
  readonly includeOptimizer?: boolean;
}

/**
 * The files that `model.save` writes for a model, with its weights of now.
 * @throws GradpoolError for a model that is disposed, not compiled where its optimizer is asked for, or has a weight of
 *   another type than float32, int32 and bool
 */
export async function encodeLiveModel(
  model: LayersModel,
  { includeOptimizer = false }: SaveModelOptions,
): Promise<LayersModelFiles> {
  refuseDisposed(model.weights, 'so it has no weights to save');
  const topology = attempt('configuration', () => model.toJSON(null, false) as object);
  addWhatIsLeftOut(topology, model);
  const weights = model.weights.map((weight) => savedWeight(weight.originalName, weight.read()));
  const metadata = metadataOf(model);
  const own = metadata && { [metadataKey]: metadata };
  if (!includeOptimizer) return layersModelFiles(topology, weights, own);
  if ((model.optimizer ?? undefined) === undefined)
    throw inputError(
      'Expected a compiled model to save with its optimizer, got one that is not compiled; leave out `includeOptimizer`',
    );
  const trainingConfig = attempt('settings of `compile`', () => trainingConfigOf(model));
  return layersModelFiles(topology, [...weights, ...(await optimizerState(model))], {
    trainingConfig,
    ...own,
  });
}

/** What the program, or the file that it was loaded from, gave it; absent for none. */
export const metadataOf = (model: LayersModel): UserMetadata | undefined =>
  (model.getUserDefinedMetadata() as UserMetadata | undefined) ?? undefined;

async function optimizerState({ optimizer }: LayersModel): Promise<readonly SavedWeight[]> {
  const [iterations, ...accumulators] = await optimizer.getWeights();
  const state = [iterations, ...accumulators].map(({ name, tensor }) => ({
    ...savedWeight(name, tensor),
    group: 'optimizer' as const,
  }));
  // The count of steps is made for this call, the others are the optimizer's own.
  iterations.tensor.dispose();
  return state;
}

/** Protected in the types; `model.save` calls it so. */
const trainingConfigOf = (model: LayersModel): unknown =>
  (model as unknown as { getTrainingConfig(): unknown }).getTrainingConfig();

type Value = ReturnType<LayersModel['getWeights']>[number];

function savedWeight(name: string, value: Value): SavedWeight {
  const { shape, dtype } = value;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw inputError(`Expected the weight "${name}" to be float32, int32 or bool, got ${dtype}`);
  const { buffer, byteOffset, byteLength } = value.dataSync().slice();
  return { name, shape, dtype, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inputError(`The model's ${what} cannot be saved: ${firstLineOf(error)}`, error);
  }
}
