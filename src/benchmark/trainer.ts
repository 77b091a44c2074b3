/** A training that goes on some steps at a time, so that several can be measured in turn. */

import { resolveConfig } from '../config/config.ts';
import { limits, type TrainOptions } from '../config/train-options.ts';
import type { Session } from '../coordinator/session.ts';
import type { Profile } from '../coordinator/timing/profile.ts';
import { beginning, nextStep, openTrainer as open } from '../coordinator/trainer.ts';
import type { Dataset } from '../data/dataset.ts';
import type { ModelSpec } from '../model/model-spec.ts';

export interface Trainer {
  readonly workers: number;
  readonly session: Session;
  /** Goes on for some steps. @returns images a second */
  train(steps: number): Promise<number>;
  /** Goes on for some seconds, and at least a step. @returns images a second */
  trainFor(seconds: number): Promise<number>;
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
  const request = {
    ...{ model, train, config: resolveConfig({ steps: limits.steps, ...options }) },
    ...(test === undefined ? {} : { test }),
  };
  const trainer = await open(request, profile === undefined ? {} : { profile });
  await trainer.load(beginning(request));
  return {
    workers: options.workers,
    session: trainer.session,
    async train(steps) {
      const start = performance.now();
      let images = 0;
      for (let step = 0; step < steps; step++) images += (await nextStep(trainer)).batch.count;
      return (images / (performance.now() - start)) * 1000;
    },
    async trainFor(seconds) {
      const start = performance.now();
      let [images, milliseconds] = [0, 0];
      while (milliseconds < seconds * 1000) {
        images += (await nextStep(trainer)).batch.count;
        milliseconds = performance.now() - start;
      }
      return (images / milliseconds) * 1000;
    },
  };
}
