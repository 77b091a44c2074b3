import type { TrainConfig } from '../src/config/config.ts';
import type { Session } from '../src/coordinator/session.ts';
import { beginning, nextStep, openTrainer, type Trainer } from '../src/coordinator/trainer.ts';
import type { Dataset } from '../src/data/dataset.ts';
import type { Network } from '../src/model/network.ts';

/** What a training has between two steps: [parameterCount] in natural order; the velocity is empty without momentum. */
export interface TrainingState {
  readonly parameters: Float32Array;
  readonly velocity: Float32Array;
}

export interface ObservedStep {
  readonly step: number;
  readonly before: TrainingState;
  readonly after: TrainingState;
  /** The batch's mean loss before the step. */
  readonly loss: number;
}

export interface StepByStepRequest {
  readonly network: Network;
  /** Only the tensorflow engine needs it. */
  readonly topology?: object;
  readonly parameters: Float32Array;
  readonly train: Dataset;
  readonly config: TrainConfig;
  /** Runs on the session before the first step. */
  readonly prepare?: (session: Session) => void;
}

/** Trains as gradpool does, on its pool, and keeps the state around every step. */
export async function trainStepByStep(request: StepByStepRequest): Promise<ObservedStep[]> {
  const { network, topology = {}, parameters, train, config } = request;
  const training = { model: { network, topology, parameters }, train, config };
  const trainer = await openTrainer(training);
  try {
    await trainer.load(beginning(training));
    request.prepare?.(trainer.session);
    return await observeSteps(trainer);
  } finally {
    await trainer.close();
  }
}

async function observeSteps(trainer: Trainer): Promise<ObservedStep[]> {
  const { session } = trainer;
  const observed: ObservedStep[] = [];
  let before = await stateOf(session);
  while (trainer.isLeft()) {
    const { step, means } = await nextStep(trainer);
    const after = await stateOf(session);
    observed.push({ step, before, after, loss: means.loss });
    before = after;
  }
  return observed;
}

async function stateOf(session: Session): Promise<TrainingState> {
  const { parameters, optimizerState } = session.layout;
  const [velocity] = optimizerState;
  return {
    parameters: await session.read(parameters),
    velocity: velocity === undefined ? new Float32Array() : await session.read(velocity),
  };
}
