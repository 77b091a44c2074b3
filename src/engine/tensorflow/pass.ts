import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Network } from '../../model/network.ts';
import type { RandomPlace } from '../../model/seeded-random.ts';
import type { Tensorflow } from '../../tensorflow-package.ts';
import type { EngineContext, ExampleSums } from '../engine.ts';
import type { Examples } from './examples.ts';
import { lossFunctions } from './loss.ts';
import type { SeededModel } from './model.ts';

export interface PassResult extends ExampleSums {
  /** [count, classes] */
  readonly predictions: Float32Array;
}

/** Forward, and backward, over some examples with the weights that the model has. */
export interface Pass {
  evaluate(examples: Examples): PassResult;
  /** @param write is given each trainable weight's gradient sum, [size], by its place among them; not where it is zero */
  gradient(
    examples: Examples,
    place: RandomPlace,
    write: (weight: number, values: Float32Array) => void,
  ): PassResult;
}

export function createPass(tf: Tensorflow, model: SeededModel, context: EngineContext): Pass {
  const { network, loss } = context;
  const lossOf = lossFunctions(tf)[loss.name];
  const forward = ({ count, inputs, targets }: Examples, place?: RandomPlace) => {
    const output = model.apply(tf.tensor(inputs, [count, ...network.input]), place);
    const taken: Tensor2D = tf.reshape(output, [count, network.classes]);
    const losses = lossOf(taken, tf.tensor2d(targets, [count, network.classes]));
    const predictions = loss.of === 'logits' ? tf.softmax(taken) : taken;
    return { taken, losses, predictions };
  };
  type Forward = ReturnType<typeof forward>;
  const result = (examples: Examples, { taken, losses, predictions }: Forward): PassResult => ({
    ...sums(network, examples, losses.dataSync<'float32'>(), taken.dataSync<'float32'>()),
    predictions: predictions.dataSync<'float32'>(),
  });
  return {
    evaluate: (examples) => inScope(tf, () => result(examples, forward(examples))),
    gradient: (examples, place, write) =>
      inScope(tf, () => {
        let kept: Forward | undefined;
        let penalty = 0;
        const total = () => {
          kept = forward(examples, place);
          for (const tensor of Object.values(kept)) tf.keep(tensor);
          let sum: Scalar = tf.sum(tf.mul(kept.losses, tf.tensor1d(examples.weights)));
          for (const value of model.penalties()) {
            penalty += value.dataSync()[0] * examples.count;
            sum = tf.add(sum, tf.mul(value, examples.count));
          }
          return sum;
        };
        const { grads } = tf.variableGrads(total, [...model.trainable]);
        for (const [index, { name }] of model.trainable.entries())
          if (grads[name] !== undefined) write(index, grads[name].dataSync<'float32'>());
        if (kept === undefined) throw new Error('Expected the forward pass to have run');
        const sums = result(examples, kept);
        for (const tensor of new Set<Tensor>(Object.values(kept))) tensor.dispose();
        return { ...sums, loss: sums.loss + penalty };
      }),
  };
}

/** Like tf.tidy, for work that gives other things than tensors. */
function inScope<T>(tf: Tensorflow, work: () => T): T {
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}

/** In float64, in the examples' order. */
function sums(
  { classes }: Network,
  { count, weights, labels }: Examples,
  losses: Float32Array,
  values: Float32Array,
): ExampleSums {
  let loss = 0;
  let correct = 0;
  for (let i = 0; i < count; i++) {
    loss += losses[i] * weights[i];
    if (labels !== undefined && labels[i] === firstOfLargest(values, i * classes, classes)) correct++;
  }
  return { loss, correct };
}

function firstOfLargest(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}
