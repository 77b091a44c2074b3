/** Loads models in the thread that it is called in. */
import type { TrainConfig } from '../../config/config.ts';
import type { Dataset } from '../../data/dataset.ts';
import { readModel } from '../../formats/model-file/read-model.ts';
import {
  type CheckSize,
  type CreateModelOptions,
  readModelFile,
} from '../../formats/model-file/read-model-file.ts';
import type { ReadNetworkOptions } from '../../model/keras/read-network.ts';
import { openCheckpoint } from '../../run/checkpoint-read.ts';

/** A model to begin a training with. */
export interface NewModel {
  readonly kind: 'new';
  /** What a module's function is called with. */
  readonly options: CreateModelOptions;
  /** What it has to fit into memory with. */
  readonly training?: PlannedTraining;
}

export interface PlannedTraining {
  readonly train: Dataset;
  readonly test?: Dataset;
  readonly config: TrainConfig;
}

/** What is to be loaded, and how. */
export type Loading =
  | (NewModel & Place)
  | ({ readonly kind: 'model file' | 'checkpoint'; readonly reading?: ReadNetworkOptions } & Place);

interface Place {
  /** The file or directory. */
  readonly path: string;
  readonly layersModule?: string | undefined;
}

/** Loads in this thread. */
export async function loadHere(loading: Loading): Promise<unknown> {
  const { path, layersModule } = loading;
  if (loading.kind === 'new') {
    const { options, training } = loading;
    return readModelFile(path, options, layersModule, training && checkSizeOf(training));
  }
  const { kind, reading } = loading;
  return kind === 'checkpoint'
    ? openCheckpoint(path, layersModule, reading)
    : readModel(path, layersModule, reading);
}

/** Rejects where the training would not fit into memory. */
export const checkSizeOf =
  ({ train, test, config }: PlannedTraining): CheckSize =>
  async (network) => {
    if (network.parameterCount < manyParameters) return;
    const { checkTrainingFits } = await import('../../coordinator/training.ts');
    await checkTrainingFits({ network, train, config, ...(test === undefined ? {} : { test }) });
  };

/** To draw fewer takes less time than to see beforehand whether they fit. */
const manyParameters = 2 ** 24;
