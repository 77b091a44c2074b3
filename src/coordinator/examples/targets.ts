/** What a loss takes as targets, made of a data set's labels. */
import type { Dataset } from '../../data/dataset.ts';
import type { ExampleSet } from '../../data/example-set.ts';
import type { TargetType } from '../../data/input-type.ts';
import { inputError } from '../../errors.ts';
import type { Loss } from '../../loss/loss.ts';
import { lossTraits } from '../../loss/traits.ts';
import type { Network } from '../../model/network.ts';
import { inputsFor } from './words.ts';

export const isLabelled = (data: Dataset | ExampleSet): data is Dataset => 'labels' in data;

/** Of labelled examples. A class is enough for these; others take a vector. */
export const targetTypeFor = (loss: Loss['name']): TargetType =>
  loss === 'softmaxCrossEntropy' || loss === 'sparseCategoricalCrossentropy' ? 'class' : 'vector';

/**
 * A training's examples with the targets of its loss: the labels, or where the loss takes vectors, one-hot vectors of
 * them. A model with one output gets the label itself, which says one of two classes for the losses over classes.
 * @param what the set is, for messages
 * @throws GradpoolError where the labels do not fit the model's output
 */
export function examplesFor(
  loss: Loss['name'],
  data: Dataset | ExampleSet,
  network: Network,
  what: string,
): ExampleSet {
  if (!isLabelled(data)) return data;
  const { labels, classes, shape, count } = data;
  const examples = { shape, count, ...inputsFor(data, network) };
  if (targetTypeFor(loss) === 'class')
    return { ...examples, targetType: 'class', targets: labels, width: classes };
  const targets = network.classes === 1 ? numbers(loss, data, what) : oneHot(data, network, what);
  return { ...examples, targetType: 'vector', targets, width: network.classes };
}

function numbers(loss: Loss['name'], { labels, classes }: Dataset, what: string): Float32Array {
  if (lossTraits[loss].takes !== 'numbers' && classes > 2)
    throw inputError(
      `Expected a model with an output for each of the ${classes} classes of ${what}, got one with 1, which tells two apart with the loss ${loss}`,
    );
  const targets = sharedFloats(labels.length);
  targets.set(labels);
  return targets;
}

function oneHot({ labels, classes }: Dataset, { classes: width }: Network, what: string): Float32Array {
  if (classes > width)
    throw inputError(
      `Expected a model with an output for each of the ${classes} classes of ${what}, got one with ${width}`,
    );
  const targets = sharedFloats(labels.length * width);
  labels.forEach((label, example) => {
    targets[example * width + label] = 1;
  });
  return targets;
}

const sharedFloats = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));
