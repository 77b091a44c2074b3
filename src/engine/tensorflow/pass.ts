import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { OwnMetric } from '../../loss/loss.ts';
import { smoothingOf } from '../../loss/smoothing.ts';
import { type TrainedOutput, trainedOutputs } from '../../loss/trained-outputs.ts';
import { type End, inputEnds } from '../../model/ends.ts';
import type { Network } from '../../model/network.ts';
import type { RandomPlace } from '../../model/tfjs/seeded-random.ts';
import type { Tensorflow } from '../../runtime/tensorflow-package.ts';
import type { EngineContext, ExampleSums } from '../engine.ts';
import type { Examples } from './examples.ts';
import { lossFunctions } from './loss.ts';
import type { SeededModel } from './model.ts';
import { valuesOfOwn } from './own.ts';

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

/** What a forward pass gives of one output. */
interface Forward {
  /** [count * rows, size of a row] what the loss takes */
  readonly taken: Tensor2D;
  /** [count] */
  readonly losses: Tensor1D;
  /** The same shape. */
  readonly predictions: Tensor2D;
  /** [count] of each of the user's own metrics of it. */
  readonly measured: readonly Tensor1D[];
}

const tensorsOf = ({ measured, ...others }: Forward): Tensor[] => [...Object.values(others), ...measured];

export function createPass(tf: Tensorflow, model: SeededModel, context: EngineContext): Pass {
  const { network } = context;
  const outputs = trainedOutputs(network, context.loss);
  const { ownMetrics = [] } = context;
  const functions = lossFunctions(tf);
  /** TensorFlow.js itself leaves out those of recurrent layers. */
  const penalties = (): Scalar[] =>
    network.opaque === undefined ? penaltiesOf(tf, network, model) : [...model.penalties()];
  const forward = (examples: Examples, place?: RandomPlace): Forward[] => {
    const { count, inputs, targets } = examples;
    const given = inputEnds(network).map((end) =>
      tf.tensor(columns(inputs, count, end), [count, ...end.shape]),
    );
    const results = model.apply(given, place);
    return outputs.map((output, index) => {
      const { size, rows, loss } = output;
      const shape: [number, number] = [count * rows, size / rows];
      const taken: Tensor2D = tf.reshape(results[index], shape);
      const own = tf.tensor2d(columns(targets, count, output), shape);
      const smoothing = smoothingOf(loss, size / rows);
      const smooth: Tensor2D = smoothing ? tf.add(tf.mul(own, smoothing.keep), smoothing.add) : own;
      const given = () => [tf.reshape(own, [count, ...output.shape]), results[index]] as const;
      const losses: Tensor1D =
        loss.name === 'own'
          ? valuesOfOwn(tf, loss.function, ...given())
          : tf.mean(tf.reshape(functions[loss.name](taken, smooth), [count, rows]), 1);
      const predictions = loss.of === 'logits' ? tf.softmax(taken) : taken;
      const measured = ownMetrics
        .filter((metric) => metric.output === index)
        .map((metric) => valuesOfOwn(tf, metric.function, ...given()));
      return { taken, losses, predictions, measured };
    });
  };
  return {
    evaluate: (examples) => inScope(tf, () => resultOf(outputs, ownMetrics, examples, forward(examples))),
    gradient: (examples, place, write) =>
      inScope(tf, () => {
        let kept: readonly Forward[] = [];
        let penalty = 0;
        const total = () => {
          kept = forward(examples, place);
          for (const tensor of kept.flatMap(tensorsOf)) tf.keep(tensor);
          let sum = weightedSum(tf, outputs, examples, kept);
          for (const value of penalties()) {
            penalty += value.dataSync()[0] * examples.count;
            sum = tf.add(sum, tf.mul(value, examples.count));
          }
          return sum;
        };
        const { grads } = tf.variableGrads(total, [...model.trainable]);
        for (const [index, { name }] of model.trainable.entries())
          if (grads[name] !== undefined) write(index, grads[name].dataSync<'float32'>());
        const result = resultOf(outputs, ownMetrics, examples, kept);
        for (const tensor of new Set(kept.flatMap(tensorsOf))) tensor.dispose();
        return { ...result, loss: result.loss + penalty };
      }),
  };
}

/** Of one example, of each weight that has one. */
const penaltiesOf = (
  tf: Tensorflow,
  { parameters }: Pick<Network, 'parameters'>,
  { weights }: SeededModel,
): Scalar[] =>
  parameters.flatMap(({ penalty }, index) => {
    if (penalty === undefined) return [];
    const weight = weights[index];
    const [l1, l2] = [tf.sum(tf.abs(weight)), tf.sum(tf.square(weight))];
    return [tf.add(tf.mul(l1, penalty.l1), tf.mul(l2, penalty.l2)) as Scalar];
  });

/** Of all outputs, what a step minimizes. */
function weightedSum(
  tf: Tensorflow,
  outputs: readonly TrainedOutput[],
  { count, weights }: Examples,
  results: readonly Forward[],
): Scalar {
  const sums = results.map(({ losses }, index): Scalar => {
    const own = columns(weights, count, { offset: index, size: 1 });
    const sum: Scalar = tf.sum(tf.mul(losses, tf.tensor1d(own)));
    return outputs[index].weight === 1 ? sum : tf.mul(sum, outputs[index].weight);
  });
  return sums.reduce((sum, one): Scalar => tf.add(sum, one));
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

/** Sums in float64, in the examples' order. */
function resultOf(
  outputs: readonly TrainedOutput[],
  ownMetrics: readonly OwnMetric[],
  examples: Examples,
  results: readonly Forward[],
): PassResult {
  const { count, weights } = examples;
  const sums = results.map(({ losses }, index) => {
    const values = losses.dataSync<'float32'>();
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[i] * weights[i * outputs.length + index];
    return sum;
  });
  const predictions = results.map((result) => result.predictions.dataSync<'float32'>());
  const own = ownSums(ownMetrics, results);
  if (outputs.length === 1) {
    const correct = countCorrect(examples, results[0].taken.dataSync<'float32'>(), outputs[0].size);
    return { loss: sums[0], correct, own, predictions: predictions[0] };
  }
  return {
    loss: sums.reduce((total, sum, index) => total + outputs[index].weight * sum, 0),
    correct: 0,
    outputs: sums,
    own,
    predictions: beside(predictions, count),
  };
}

/** In the order of the metrics; those of one output stand in theirs. */
function ownSums(ownMetrics: readonly OwnMetric[], results: readonly Forward[]): number[] {
  const left = results.map(({ measured }) => [...measured]);
  return ownMetrics.map(({ output }) => {
    let sum = 0;
    for (const value of left[output].shift()?.dataSync<'float32'>() ?? []) sum += value;
    return sum;
  });
}

function countCorrect({ count, labels }: Examples, values: Float32Array, classes: number): number {
  let correct = 0;
  for (let i = 0; i < count; i++)
    if (labels !== undefined && labels[i] === firstOfLargest(values, i * classes, classes)) correct++;
  return correct;
}

function firstOfLargest(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}

/** @param rows [count, ...] @returns [count, size] */
function columns(rows: Float32Array, count: number, { offset, size }: Pick<End, 'offset' | 'size'>) {
  const width = rows.length / count;
  if (width === size) return rows;
  const part = new Float32Array(count * size);
  for (let row = 0; row < count; row++) {
    const start = row * width + offset;
    part.set(rows.subarray(start, start + size), row * size);
  }
  return part;
}

/** Matrices of as many rows, one beside the other. */
function beside(parts: readonly Float32Array[], count: number): Float32Array {
  const width = parts.reduce((sum, part) => sum + part.length / count, 0);
  const rows = new Float32Array(count * width);
  for (let row = 0, at = 0; row < count; row++)
    for (const part of parts) {
      const size = part.length / count;
      rows.set(part.subarray(row * size, (row + 1) * size), at);
      at += size;
    }
  return rows;
}
