/** Trains a compiled model as a request says, and leaves in it what came of that. */
import type { History, LayersModel, Logs } from '@tensorflow/tfjs-layers';
import { usageError } from '../../errors.ts';
import { isDisposed, refuseDisposed, setParameters } from '../../model/tfjs/layers-model.ts';
import { isFollowed } from '../../optimizer/schedules/schedules.ts';
import type { FitAnswer, FitEvent, FitPart, Means } from '../../protocol/fit.ts';
import type { TrainEvent, Trained, TrainRequest } from '../../protocol/requests.ts';
import type { Feed } from '../../protocol/stream.ts';
import { anyOf, listenWith } from '../callbacks.ts';
import { trainInThread } from '../client.ts';
import { setLearningRate } from '../optimizer/settings.ts';
import { type HeldOptimizer, settingsOf, writeState } from '../optimizer/state.ts';
import type { RunOptions } from '../run-options.ts';
import type { Callbacks } from './callbacks.ts';
import type { Compiled } from './compiled.ts';
import { type Held, requestFrom, switchedFrom } from './switched.ts';

export interface CompiledTraining {
  readonly model: LayersModel;
  readonly held: HeldOptimizer;
  readonly request: TrainRequest & { readonly fit: FitPart };
  /** As History and logs name them: 'loss', then the metrics'. */
  readonly labels: readonly string[];
  readonly callbacks: Callbacks;
  readonly hooks: Pick<RunOptions, 'onEvent' | 'observers' | 'signal'> & { readonly feed?: Feed };
  /** The model as it is now. Absent where layers may not be frozen or thawed meanwhile. */
  readonly holdAgain?: () => Held;
}

/** What of a request a compiled model and its callbacks say. */
export const compiledPart = (
  { loss, metrics }: Compiled,
  { hearsBatches, hearsEpochs }: Callbacks,
): Pick<FitPart, 'loss' | 'metrics' | 'waitForBatches' | 'epochParameters'> => ({
  ...{ loss, metrics, waitForBatches: hearsBatches, epochParameters: hearsEpochs },
});

/** @returns its History, when the model and its optimizer have the trained values */
export async function trainCompiled(training: CompiledTraining): Promise<History> {
  const { model, callbacks } = training;
  model.history = callbacks.history;
  await callbacks.list.onTrainBegin();
  model.stopTraining = false;
  try {
    for (let left: CompiledTraining | undefined = training; left; ) left = await trainPart(left);
  } finally {
    // The next training begins its schedule with the model's own rate.
    const { schedule, optimizer } = training.request.config;
    if (isFollowed(schedule)) setLearningRate(training.held.optimizer, optimizer.learningRate);
  }
  await callbacks.list.onTrainEnd();
  return callbacks.history;
}

/** @returns what is left to train with other layers frozen, where a callback has said so */
async function trainPart(training: CompiledTraining): Promise<CompiledTraining | undefined> {
  const { held, request, hooks, holdAgain } = training;
  const { fit } = request;
  const listener = listen(training);
  const { parameters, state } = await trainHeard(request, hooks, listener);
  await setParameters(held, parameters);
  await writeState(held, fit.state, state ?? fit.state);
  const epoch = listener.goesOnFrom();
  if (epoch === undefined || holdAgain === undefined || hooks.signal?.aborted) return undefined;
  const again = holdAgain();
  return { ...training, held: again.held, request: await requestFrom(request, again, epoch) };
}

/** @param callbacks answers for the model's; an error of theirs goes first: the training may have failed of what they did */
async function trainHeard(
  request: TrainRequest,
  { onEvent, observers, signal, feed }: CompiledTraining['hooks'],
  callbacks: ReturnType<typeof listen>,
): Promise<Trained> {
  const listener = listenWith<TrainEvent>((event) => onEvent?.(event));
  const stop = anyOf(listener.failed, ...(signal ? [signal] : []));
  try {
    const hooks = {
      // Who does not listen is not sent a message a step.
      ...(onEvent === undefined ? {} : { onEvent: listener.tell }),
      ...{ ask: callbacks.onEvent, signal: stop.signal, observers: observers ?? [] },
      ...(feed === undefined ? {} : { feed }),
    };
    return await listener.outcome(trainInThread(request, hooks)).finally(callbacks.rethrow);
  } finally {
    stop.release();
  }
}

/** The steps to come would be those of the settings that the model had at first. */
function checkSame(model: LayersModel, { optimizer, weights }: HeldOptimizer): void {
  if (model.optimizer !== optimizer && !weights.some(isDisposed))
    throw usageError(
      'Expected the model to stay compiled as it was while a `fit` is under way, got one that was compiled again; end the training first (`model.stopTraining = true`)',
    );
  refuseDisposed(weights, 'while a `fit` trains it; dispose of it when the call has ended');
}

function checkRate(learningRate: number, scheduled: number): void {
  if (learningRate !== scheduled)
    throw usageError(
      `Expected callbacks to leave the learning rate to the \`schedule\`, which is at ${scheduled}, got ${learningRate}; leave out \`schedule\` and the warm-up, or do not set it`,
    );
}

/** Calls the callbacks. What one throws must neither get lost nor end the coordinator's thread in the middle of a step. */
function listen({
  model,
  held,
  request: { config, fit, stream },
  labels,
  callbacks: { list },
  holdAgain,
}: CompiledTraining) {
  let { learningRate } = config.optimizer;
  const goesOn = holdAgain !== undefined;
  let switched: number | undefined;
  let thrown: { readonly error: unknown } | undefined;
  const named = (means: Means, prefix = ''): Logs =>
    Object.fromEntries(means.map((mean, index) => [prefix + labels[index], mean]));
  async function call(event: FitEvent): Promise<void> {
    switch (event.kind) {
      case 'resumed':
        return;
      case 'epochBegin':
        return list.onEpochBegin(event.epoch);
      case 'batchBegin':
        // As tfjs, which knows the size before where a data set streams.
        return list.onBatchBegin(event.batch, stream ? { batch: event.batch, size: event.size } : {});
      case 'batchEnd':
        if (!fit.waitForBatches) return;
        return list.onBatchEnd(event.batch, { batch: event.batch, size: event.size, ...named(event.means) });
      case 'epochEnd':
        if (event.parameters) await setParameters(held, event.parameters);
        return list.onEpochEnd(event.epoch, {
          ...(event.validation === undefined ? {} : named(event.validation, 'val_')),
          ...named(event.means),
        });
    }
  }
  return {
    async onEvent(event: FitEvent): Promise<FitAnswer> {
      try {
        if (event.learningRate !== undefined) setLearningRate(held.optimizer, event.learningRate);
        const { learningRate: before } = settingsOf(held);
        if (thrown === undefined) await call(event);
        checkSame(model, held);
        learningRate = settingsOf(held).learningRate;
        if (isFollowed(config.schedule)) checkRate(learningRate, before);
        switched ??= switchedFrom(model, held, event, { epochs: config.epochs, goesOn });
      } catch (error) {
        thrown ??= { error };
      }
      const stop = thrown !== undefined || model.stopTraining || switched !== undefined;
      return { stop, learningRate };
    },
    /** The epoch from which other weights are to move; undefined where the training is over. */
    goesOnFrom: () => (model.stopTraining || switched === config.epochs ? undefined : switched),
    rethrow(): void {
      if (thrown !== undefined) throw thrown.error;
    },
  };
}
