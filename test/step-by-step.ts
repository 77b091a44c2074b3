import type { TrainConfig } from '../src/config.ts';
import { openClassifierSession } from '../src/coordinator/classifier.ts';
import { scheduleOf } from '../src/coordinator/schedule.ts';
import type { Session } from '../src/coordinator/session.ts';
import { runStep } from '../src/coordinator/step.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { epochOrder } from '../src/data/order.ts';
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
  const session = await openClassifierSession({ network, topology, train, config });
  try {
    await session.load(session.layout.parameters, parameters);
    request.prepare?.(session);
    return await observeSteps(session, train.count, config);
  } finally {
    await session.close();
  }
}

async function observeSteps(session: Session, count: number, config: TrainConfig): Promise<ObservedStep[]> {
  const schedule = scheduleOf(count, config);
  const order = session.uints(session.layout.train.order, count);
  const observed: ObservedStep[] = [];
  let before = await stateOf(session);
  for (let step = 1; step <= schedule.steps; step++) {
    const batch = schedule.batch(step);
    epochOrder(config.seed, batch.epoch, count, order);
    const { loss } = await runStep(session, config, step, batch);
    const after = await stateOf(session);
    observed.push({ step, before, after, loss });
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
