/** Loads models in the thread that it is called in. */
import type { TrainConfig } from '../config.ts';
import { openCheckpoint } from '../coordinator/checkpoint-read.ts';
import { readLayersModel } from '../model/layers-format.ts';
import { type CheckSize, readModelFile } from '../model/read-model-file.ts';
import type { TrainRequest } from '../protocol.ts';

/** A model to begin a training with. */
export interface NewModel extends Pick<TrainRequest, 'train' | 'test'> {
  readonly kind: 'new';
  readonly config: TrainConfig;
}

/** What is to be loaded, and how. */
export type Loading = (NewModel & Place) | ({ readonly kind: 'model.json' | 'checkpoint' } & Place);

interface Place {
  /** The file or directory. */
  readonly path: string;
  readonly layersModule?: string | undefined;
}

/** Loads in this thread. */
export async function loadHere(loading: Loading): Promise<unknown> {
  const { path, layersModule } = loading;
  if (loading.kind === 'new') {
    const { train, config } = loading;
    const options = { seed: config.seed, inputShape: [...train.shape], classes: train.classes };
    return readModelFile(path, options, layersModule, checkSizeOf(loading));
  }
  return loading.kind === 'checkpoint'
    ? openCheckpoint(path, layersModule)
    : readLayersModel(path, layersModule);
}

/** Rejects where the training would not fit into memory. */
export const checkSizeOf =
  ({ train, test, config }: Omit<NewModel, 'kind'>): CheckSize =>
  async (network) => {
    if (network.parameterCount < manyParameters) return;
    const { checkTrainingFits } = await import('../coordinator/classifier.ts');
    await checkTrainingFits({ network, train, config, ...(test === undefined ? {} : { test }) });
  };

/** To draw fewer takes less time than to see beforehand whether they fit. */
const manyParameters = 2 ** 24;
