/** Callbacks that freeze or thaw layers: the training goes on as another one, from the next epoch, as its callers do not see. */
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { usageError } from '../../errors.ts';
import { show } from '../../model/keras/config/layer-config.ts';
import type { ModelSpec } from '../../model/model-spec.ts';
import { movedWeights } from '../../model/tfjs/trained-weights.ts';
import { isFollowed } from '../../optimizer/schedules/schedules.ts';
import type { FitEvent, FitPart } from '../../protocol/fit.ts';
import type { TrainRequest } from '../../protocol/requests.ts';
import { type HeldOptimizer, readState, settingsOf } from '../optimizer/state.ts';

/** A compiled model that is trained as it is now. */
export interface Held {
  readonly spec: ModelSpec;
  readonly held: HeldOptimizer;
}

type Request = TrainRequest & { readonly fit: FitPart };

/**
 * @param event after which this is asked
 * @param epochs after which the training is over
 * @param goesOn whether it can go on as another one
 * @returns the epoch from which other weights move than before, undefined where the same do
 * @throws GradpoolError of kind 'usage' where that is not the end of an epoch, or cannot be
 */
export function switchedFrom(
  model: LayersModel,
  { moved }: HeldOptimizer,
  event: FitEvent,
  { epochs, goesOn }: { readonly epochs: number; readonly goesOn: boolean },
): number | undefined {
  const weight = firstOfOne(moved, movedWeights(model));
  if (weight === undefined) return undefined;
  if (event.kind === 'epochEnd' && (goesOn || event.epoch + 1 === epochs)) return event.epoch + 1;
  const where = goesOn
    ? 'switched in `onEpochEnd`'
    : 'left as it is in a `fitDataset`, and in a `fit` with `run`, `optimizer`, `accumulateSteps`, `emaMomentum` or a metric that it goes by';
  throw usageError(
    `Expected \`trainable\` of a layer to be ${where}, got that of ${show(weight.originalName)} switched; end the training first (\`model.stopTraining = true\`)`,
  );
}

/** The first that one list has and the other has not. */
function firstOfOne(a: readonly LayerVariable[], b: readonly LayerVariable[]): LayerVariable | undefined {
  return a.find((weight) => !b.includes(weight)) ?? b.find((weight) => !a.includes(weight));
}

/** What is left of a training from an epoch on, of the model as it is now. */
export async function requestFrom(
  request: Request,
  { spec, held }: Held,
  initialEpoch: number,
): Promise<Request> {
  const { schedule, optimizer } = request.config;
  const rate = isFollowed(schedule) ? { learningRate: optimizer.learningRate } : {};
  return {
    ...{ ...request, model: spec },
    fit: { ...request.fit, state: await readState(held), initialEpoch },
    config: { ...request.config, optimizer: { ...settingsOf(held), ...rate } },
  };
}
