/** What crosses between the main thread and the coordinator of a GAN. */
import type { GanConfig } from '../config/gan-options.ts';
import type { DataOrigin } from '../data/data-origin.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Outcome } from '../errors.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { TrainEvent } from './requests.ts';

export interface GanRequest {
  readonly generator: ModelSpec;
  readonly discriminator: ModelSpec;
  /** The generator, then the discriminator with all its weights frozen. */
  readonly combined: ModelSpec;
  /** Whether real examples are scaled from 0 to 1 to -1 to 1, which a generator that ends in tanh gives. */
  readonly isSigned: boolean;
  readonly train: Dataset;
  readonly config: GanConfig;
  readonly run?: string | { readonly under: string };
  readonly resume: boolean;
  /** A file for where the time of the last steps goes. */
  readonly profile?: string;
  /** For the run's record. */
  readonly origin?: GanOrigin;
  readonly allowArithmeticChange?: boolean;
}

/** Where a GAN's networks and data come from, for the commands that come later. */
export interface GanOrigin extends Partial<DataOrigin> {
  /** The networks' name, or the file of each. */
  readonly preset?: string;
  readonly generator?: string;
  readonly discriminator?: string;
}

/** What the training of a GAN reports. */
export type GanEvent =
  | {
      readonly kind: 'start';
      readonly fromStep: number;
      readonly steps: number;
      readonly stepsPerEpoch: number;
      readonly workers: number;
      readonly engine: string;
      /** The build of the kernels in use. */
      readonly kernels: string;
      readonly run?: string;
    }
  | ({
      readonly kind: 'step';
      readonly step: number;
      readonly epoch: number;
      readonly stepsPerSecond: number;
    } & GanLosses)
  /** After a step without a report. */
  | ({ readonly kind: 'progress'; readonly step: number } & GanLosses)
  /** An update of a network was left out, since a loss or gradient is not finite (`onNan`). */
  | {
      readonly kind: 'skipped';
      readonly step: number;
      readonly network: 'generator' | 'discriminator';
      readonly reason: string;
    }
  /** Examples of the same noise each time. */
  | {
      readonly kind: 'sample';
      readonly step: number;
      /** [count, ...shape], from 0 to 1. */
      readonly images: Float32Array;
      readonly count: number;
    }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly path: string }
  | Extract<TrainEvent, { kind: 'notice' | 'worker' }>;

/** The training waits for what is made of one: a run that is killed has those up to its newest checkpoint. */
export const isSample = ({ kind }: GanEvent): boolean => kind === 'sample';

/** The means of a step's last updates; absent where none was made. */
export interface GanLosses {
  /** Over real and generated examples, before the update. */
  readonly discriminatorLoss?: number;
  /** Over the generator's own examples, before the update. */
  readonly generatorLoss?: number;
}

/** What the training of a GAN came to; the losses are those of the last step. */
export interface GanResult extends GanLosses {
  readonly globalStep: number;
  readonly stopped: boolean;
  /** Each [parameterCount] in natural order. */
  readonly generator: Float32Array;
  readonly discriminator: Float32Array;
  /** SHA-256 of the generator's parameters (little-endian float32). */
  readonly parametersSha256: string;
  readonly run?: string;
}

export interface GanApi {
  trainGan(request: GanRequest, onEvent: (event: GanEvent) => unknown): Promise<Outcome<GanResult>>;
  /** Ends the training after the step under way. */
  stop(): void;
}
