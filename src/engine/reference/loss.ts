import type { Loss, LossName } from '../engine.ts';

/** A class number, or [n] values. */
export type Target = number | Float64Array;

export interface LossResult {
  /** [n] the model's output; for a loss of the logits, their softmax. */
  readonly predictions: Float64Array;
  readonly loss: number;
  /** Whether the first of the largest logits is that of the target, a class; false for vectors. */
  readonly correct: boolean;
}

/** What a loss is taken of. */
export interface LossContext {
  readonly loss: Loss;
  /** Whether the model has a softmax behind the logits. */
  readonly endsInSoftmax: boolean;
}

/** @param logits [n] */
export function lossForward(context: LossContext, logits: Float64Array, target: Target): LossResult {
  const { name, of } = context.loss;
  const taken = takesSoftmax(context) ? softmax(logits) : logits;
  return {
    predictions: of === 'logits' ? softmax(logits) : taken,
    loss: losses[name].forward(taken, vectorOf(target, logits.length)),
    correct: logits.indexOf(largestOf(logits)) === target,
  };
}

/** @returns dLogits [n] */
export function lossBackward(context: LossContext, logits: Float64Array, target: Target): Float64Array {
  const { backward } = losses[context.loss.name];
  const vector = vectorOf(target, logits.length);
  if (!takesSoftmax(context)) return backward(logits, vector);
  const output = softmax(logits);
  return softmaxBackward(output, backward(output, vector));
}

const takesSoftmax = ({ loss, endsInSoftmax }: LossContext): boolean => endsInSoftmax && loss.of === 'output';

interface LossFunction {
  forward(p: Float64Array, t: Float64Array): number;
  /** @returns dP [n] */
  backward(p: Float64Array, t: Float64Array): Float64Array;
}

const categoricalCrossentropy: LossFunction = {
  forward: (p, t) => -sum(normalized(p).map((q, i) => t[i] * Math.log(clip(q)))),
  backward(p, t) {
    const total = sum(p);
    const q = normalized(p);
    const dQ = q.map((value, i) => (isInside(value) ? -t[i] / value : 0));
    const along = sum(dQ.map((d, i) => d * q[i]));
    return dQ.map((d) => (d - along) / total);
  },
};

const sigmoidCrossEntropy: LossFunction = {
  forward: (p, t) => mean(p.map((x, i) => Math.max(x, 0) - x * t[i] + Math.log1p(Math.exp(-Math.abs(x))))),
  backward: (p, t) => p.map((x, i) => (sigmoid(x) - t[i]) / p.length),
};

/** engine.ts has the formulas. */
const losses: Readonly<Record<LossName, LossFunction>> = {
  softmaxCrossEntropy: {
    forward(p, t) {
      // Subtracting the largest logit keeps exp within range; it cancels out.
      const largest = largestOf(p);
      const logSum = Math.log(sum(p.map((logit) => Math.exp(logit - largest))));
      return sum(p.map((logit, i) => t[i] * (logSum - (logit - largest))));
    },
    backward: (p, t) => softmax(p).map((probability, i) => probability - t[i]),
  },
  sigmoidCrossEntropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy: {
    forward: (p, t) => categoricalCrossentropy.forward(p.map(clip), t),
    backward(p, t) {
      const d = categoricalCrossentropy.backward(p.map(clip), t);
      return d.map((value, i) => (isInside(p[i]) ? value : 0));
    },
  },
  binaryCrossentropy: {
    forward: (p, t) => sigmoidCrossEntropy.forward(p.map(logitOf), t),
    backward(p, t) {
      const d = sigmoidCrossEntropy.backward(p.map(logitOf), t);
      return d.map((value, i) => (isInside(p[i]) ? value / (p[i] * (1 - p[i])) : 0));
    },
  },
  meanSquaredError: {
    forward: (p, t) => mean(p.map((value, i) => (value - t[i]) ** 2)),
    backward: (p, t) => p.map((value, i) => (2 * (value - t[i])) / p.length),
  },
  meanAbsoluteError: {
    forward: (p, t) => mean(p.map((value, i) => Math.abs(value - t[i]))),
    backward: (p, t) => p.map((value, i) => (value > t[i] ? 1 : -1) / p.length),
  },
};

/** TensorFlow.js's epsilon, and what 1 - epsilon is in its float32. */
const [low, high] = [Math.fround(1e-7), Math.fround(1 - 1e-7)];
const isInside = (value: number): boolean => value >= low && value <= high;
const clip = (value: number): number => Math.min(Math.max(value, low), high);
const logitOf = (value: number): number => Math.log(clip(value) / (1 - clip(value)));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function softmax(logits: Float64Array): Float64Array {
  const largest = largestOf(logits);
  return normalized(logits.map((logit) => Math.exp(logit - largest)));
}

/** dLogits[i] = p[i] * (dP[i] - sum of p * dP) */
function softmaxBackward(p: Float64Array, dP: Float64Array): Float64Array {
  const along = sum(dP.map((d, i) => d * p[i]));
  return p.map((probability, i) => probability * (dP[i] - along));
}

function normalized(values: Float64Array): Float64Array {
  const total = sum(values);
  return values.map((value) => value / total);
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b);
const mean = (values: Float64Array): number => sum(values) / values.length;
const largestOf = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b));

const vectorOf = (target: Target, length: number): Float64Array =>
  typeof target === 'number' ? Float64Array.from({ length }, (_, i) => Number(i === target)) : target;
