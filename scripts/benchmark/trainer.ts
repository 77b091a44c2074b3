/** A training that goes on some steps at a time, so that several can be measured in turn. */
import { resolveConfig, type TrainConfig, type TrainOptions } from '../../src/config.ts';
import { openClassifierSession } from '../../src/coordinator/classifier.ts';
import type { Profile } from '../../src/coordinator/profile.ts';
import { type Schedule, scheduleOf } from '../../src/coordinator/schedule.ts';
import type { Session } from '../../src/coordinator/session.ts';
import { runStep } from '../../src/coordinator/step.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { epochOrder } from '../../src/data/order.ts';
import type { ModelSpec } from '../../src/protocol.ts';

export interface Trainer {
  readonly workers: number;
  readonly session: Session;
  /** Goes on for some steps. @returns images a second */
  train(steps: number): Promise<number>;
}

export interface TrainerOptions extends TrainOptions {
  readonly workers: number;
  readonly test?: Dataset;
  readonly profile?: Pick<Profile, 'request' | 'observe'>;
}

export async function openTrainer(
  model: ModelSpec,
  train: Dataset,
  { test, profile, ...options }: TrainerOptions,
): Promise<Trainer> {
  const config = resolveConfig(options);
  const data = test === undefined ? { train } : { train, test };
  const session = await openClassifierSession({ ...model, ...data, config, profile });
  await session.load(session.layout.parameters, model.parameters);
  const schedule = scheduleOf(train.count, config);
  let step = 0;
  return {
    workers: options.workers,
    session,
    async train(steps) {
      const start = performance.now();
      let images = 0;
      for (const last = step + steps; step < last; step++)
        images += await trainStep(session, config, schedule, step + 1);
      return (images / (performance.now() - start)) * 1000;
    },
  };
}

/** As the coordinator's loop does it. @returns the images of the step */
async function trainStep(session: Session, config: TrainConfig, schedule: Schedule, step: number) {
  const { train } = session.layout;
  const batch = schedule.batch(step);
  if (batch.start === 0)
    epochOrder(config.seed, batch.epoch, train.count, session.uints(train.order, train.count));
  await runStep(session, config, step, batch);
  return batch.count;
}
