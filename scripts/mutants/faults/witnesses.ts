/** Tests that notice faults of several areas. */
import type { Witness } from '../mutant.ts';
import { tests } from '../places.ts';

export const oneStep = (step: number, momentum = 0.9): Witness => ({
  file: tests.singleThread,
  test: `training of every kind of layer with momentum ${momentum} > changes each tensor as plain TensorFlow.js does from the same parameters, at step ${step}`,
});

export const bits = (test: string): Witness => ({ file: tests.bits, test });

export const parameterBits = bits(
  'the parameters after 60 steps are the same bits > for 1, 2, 3 and 8 workers with 5 shards, which no number of workers divides',
);
