import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainCallOptions } from '../../src/index.ts';
import type { Values } from './models.ts';

/** `train` with its own loss and optimizer. */
export interface TrainCase {
  readonly name: string;
  readonly model: () => LayersModel;
  /** Default: reals. */
  readonly values?: Values;
  readonly options: TrainCallOptions;
  /** How each convolution is to be computed: else the case no longer is what its name says. */
  readonly ways: readonly string[];
}
