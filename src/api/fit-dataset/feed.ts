/** From what a data set gives to the place where the next step takes its batch. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { unexpected } from '../../check.ts';
import type { TargetType } from '../../data/input-type.ts';
import { inputError } from '../../errors.ts';
import { outputEnds } from '../../model/ends.ts';
import { isObject } from '../../model/keras/config/layer-config.ts';
import type { Network } from '../../model/network.ts';
import type { Feed, FeedRequest } from '../../protocol/stream.ts';
import { type ClassWeights, exampleWeights } from '../fit/class-weights.ts';
import { givenTensors } from '../tensors/examples.ts';
import { type GivenBatch, writeBatch } from '../tensors/write-batch.ts';
import { disposeBatch, tensorsIn } from './batch-tensors.ts';
import type { Pulled, Source } from './source.ts';

export interface FeedOptions {
  readonly model: LayersModel;
  readonly network: Network;
  /** What the loss of each output does. */
  readonly takes: readonly TargetType[];
  readonly sources: { readonly [set in FeedRequest['set']]: Source | undefined };
  /** Of the examples that are trained on. */
  readonly classWeights: readonly ClassWeights[] | undefined;
}

export function createFeed({ model, network, takes, sources, classWeights }: FeedOptions): Feed {
  return async ({ set, isFirst, epoch, place }) => {
    const given = await sources[set]?.next(isFirst, epoch);
    if (given === undefined) return 0;
    try {
      const batch = tensorsOf(given, model);
      const examples = await writeBatch(batch, network, takes, place);
      if (place.weights !== undefined && classWeights !== undefined) {
        const outputs = outputEnds(network);
        const weights = new Float32Array(place.memory, place.weights, examples.count * outputs.length);
        exampleWeights(classWeights, examples, outputs, weights);
      }
      return examples.count;
    } finally {
      disposeBatch(given.value);
    }
  };
}

/** @throws GradpoolError where a batch is none */
export function tensorsOf({ value, what }: Pulled, model: LayersModel): GivenBatch {
  const { x, y, names } = partsOf(value, what);
  for (const [index, part] of [x, y].entries())
    if (tensorsIn(part).some(({ isDisposed }) => isDisposed))
      throw inputError(
        `Expected \`${names[index]}\` to be a tensor, got one that is disposed: \`fitDataset\` disposes of each batch's, as \`model.fitDataset\` does; give new ones each time`,
      );
  return { ...givenTensors(model, [x, y], names), what };
}

function partsOf(value: unknown, what: string) {
  if (Array.isArray(value) && value.length === 2)
    return { x: value[0], y: value[1], names: [`${what}[0]`, `${what}[1]`] as const };
  if (isObject(value) && 'xs' in value && 'ys' in value)
    return { x: value.xs, y: value.ys, names: [`${what}.xs`, `${what}.ys`] as const };
  throw unexpected(what, '{ xs, ys } or [x, y], the tensors of a batch', value);
}
