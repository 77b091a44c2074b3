import { resolve } from 'node:path';
import { abortSignal, type Checks, callable, callables, flag, path } from '../check.ts';
import { usageError } from '../errors.ts';
import type { TrainEvent, TrainRequest } from '../protocol/requests.ts';
import type { Observer } from './observers.ts';

/** What every call that trains takes besides the options of the training itself: where it writes, and who is told. */
export interface RunOptions {
  /** A directory (a path or file: URL) for configuration, metrics and checkpoints. Default: nothing is written. */
  readonly run?: string | URL;
  /** Go on from the newest whole checkpoint of `run`; the model's own weights are then not looked at. Default false. */
  readonly resume?: boolean;
  /**
   * Go on although the run's arithmetic was another one (kernels of another version, or fused against separate
   * multiply-add): the bits are then no longer those of an uninterrupted run. Default false.
   */
  readonly allowArithmeticChange?: boolean;
  /**
   * Is told what happens, in order. It may return a promise: the training does not wait for it, but the call settles
   * only after all of them. If one rejects, or the function throws, it is not called again, the training ends after
   * the step under way and the call rejects with that very error.
   */
  readonly onEvent?: (event: TrainEvent) => unknown;
  /** Are told every event, and the end. What fails in them is told in a notice, and the training goes on. */
  readonly observers?: readonly Observer[];
  /** Aborting ends the training after the step under way; the call then resolves with what was trained so far. */
  readonly signal?: AbortSignal;
  /** A file for where the time of the last 20 steps went, in Chrome's trace format. It slows the training a little. */
  readonly profile?: string | URL;
  /**
   * A module that registers layers of the model's own, and exports the functions that it is compiled with as losses and
   * metrics; each worker loads it. For the tensorflow engine.
   */
  readonly layers?: string | URL;
}

export const runChecks: Checks = {
  run: path,
  resume: flag,
  allowArithmeticChange: flag,
  onEvent: callable,
  observers: callables,
  signal: abortSignal,
  profile: path,
  layers: path,
};

/**
 * What of these a request has as they are.
 * @throws GradpoolError of kind 'usage' where there is nothing to `resume`
 */
export function runPart(
  options: Pick<RunOptions, 'run' | 'resume' | 'allowArithmeticChange' | 'profile'>,
): Pick<TrainRequest, 'run' | 'resume' | 'allowArithmeticChange' | 'profile'> {
  const [run, profile] = [fileOf(options.run, 'run'), fileOf(options.profile, 'profile')];
  if (options.resume && run === undefined)
    throw usageError('Expected `run` to be the directory of the run to `resume`, got none');
  return {
    ...(run === undefined ? {} : { run }),
    resume: options.resume ?? false,
    allowArithmeticChange: options.allowArithmeticChange ?? false,
    ...(profile === undefined ? {} : { profile }),
  };
}

const fileOf = (given: string | URL | null | undefined, name: string): string | undefined =>
  given === undefined || given === null ? undefined : path(given, name);

/** Threads have no working directory of their own to be sure of. */
export function layersOf(given: string | URL | undefined): { readonly layersModule?: string } {
  const file = fileOf(given, 'layers');
  return file === undefined ? {} : { layersModule: resolve(file) };
}
