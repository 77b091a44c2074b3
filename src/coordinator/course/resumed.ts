/** What a training goes on from. */
import { inputError, messageOf } from '../../errors.ts';
import type { TrainerState } from '../../protocol/requests.ts';
import type { StreamPosition } from '../../protocol/stream.ts';
import { type Checkpoint, checkpointPath } from '../../run/checkpoint.ts';
import { readCheckpoint } from '../../run/checkpoint-read.ts';
import type { EpochSums, MonitorState } from '../../run/manifest.ts';

export interface Resumed {
  readonly state: TrainerState;
  /** What the epoch under way had come to. */
  readonly epoch: EpochSums;
  /** Where the training's batches stream: how far they had come. */
  readonly stream?: StreamPosition;
  readonly monitored?: MonitorState;
  /** [parameterCount] of the best value of what is monitored, where they are to be restored. */
  readonly best?: Float32Array;
  /** Whether the evaluation after this step is recorded: a signal can have come between. */
  readonly isEvaluated: boolean;
}

/** @throws GradpoolError where the parameters to restore are gone */
export async function resumedFrom(run: string, from: Checkpoint, isEvaluated: boolean): Promise<Resumed> {
  const { epoch, stream, monitored } = from.manifest;
  const best = monitored?.restores ? await bestOf(run, from, monitored) : undefined;
  return {
    state: stateIn(from),
    ...{ epoch, isEvaluated },
    ...(stream === undefined ? {} : { stream }),
    ...(monitored === undefined ? {} : { monitored }),
    ...(best === undefined ? {} : { best }),
  };
}

function stateIn({ manifest, parameters, optimizerState, average }: Checkpoint): TrainerState {
  const { step, skippedSteps, optimizerSteps: steps, learningRate, firstEpoch, accumulated } = manifest;
  const arrays = average === undefined ? optimizerState : [...optimizerState, average];
  return {
    ...{ step, skippedSteps, parameters, optimizer: { steps, arrays }, learningRate, firstEpoch },
    ...(accumulated === undefined ? {} : { accumulated }),
  };
}

async function bestOf(run: string, { manifest, parameters }: Checkpoint, { best }: MonitorState) {
  if (best === undefined) return undefined;
  if (best.step === manifest.step) return parameters;
  try {
    return (await readCheckpoint(checkpointPath(run, best.step))).parameters;
  } catch (error) {
    throw inputError(
      `Could not read the checkpoint of step ${best.step}, the best of the run at ${run}: ${messageOf(error)}; begin a new run without \`resume\``,
      error,
    );
  }
}

/** The steps whose checkpoints stay, besides the newest ones. */
export const stepsToKeep = ({ kept = [], best, restores }: Partial<MonitorState> = {}): number[] =>
  [...kept, ...(restores && best !== undefined ? [best] : [])].map(({ step }) => step);
