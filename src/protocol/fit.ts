/** What crosses between a `fit`, its callbacks among it, and the coordinator. */
import type { ModelLoss } from '../loss/loss.ts';
import type { NamedMetric } from '../metric/metric-choices.ts';
import type { OptimizerState } from '../optimizer/settings.ts';

/** What training as TensorFlow.js's `model.fit` does it has besides. */
export interface FitPart {
  readonly loss: ModelLoss;
  readonly metrics: readonly NamedMetric[];
  /** What the optimizer begins with. */
  readonly state: OptimizerState;
  readonly initialEpoch: number;
  readonly shuffle: boolean;
  /** Of validation data that do not stream: metrics like precision are means over its batches. */
  readonly validationBatchSize: number;
  /** Whether the training waits for the answers to the events of batches. */
  readonly waitForBatches: boolean;
  /** Whether the end of an epoch comes with the parameters. */
  readonly epochParameters: boolean;
}

/** Means over a batch or an epoch: the loss, then each metric. */
export type Means = readonly number[];

/** What happens in a `fit`, in the order of tfjs's callbacks. Epochs and batches count from 0. */
export type FitEvent = {
  /** Of the next step, where it is not the one that was answered last: the model's optimizer takes it on. */
  readonly learningRate?: number;
} & FitNews;

export type FitNews =
  /** At first, of a resumed run. */
  | { readonly kind: 'resumed' }
  | { readonly kind: 'epochBegin'; readonly epoch: number }
  | { readonly kind: 'batchBegin'; readonly batch: number; readonly size: number }
  | { readonly kind: 'batchEnd'; readonly batch: number; readonly size: number; readonly means: Means }
  | {
      readonly kind: 'epochEnd';
      readonly epoch: number;
      readonly means: Means;
      /** Absent without validation, and where the epoch was stopped before its last batch. */
      readonly validation?: Means;
      /** [parameterCount] in natural order; absent where not asked for. */
      readonly parameters?: Float32Array;
    };

/** What the caller says to an event. */
export interface FitAnswer {
  readonly stop: boolean;
  /** Of the steps from now on. */
  readonly learningRate: number;
}
