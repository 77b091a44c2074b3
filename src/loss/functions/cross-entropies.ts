/** Losses of probabilities, and of logits. */
import {
  clip,
  isInside,
  type LossFunction,
  largestOf,
  low,
  meanOf,
  normalized,
  sigmoid,
  softmax,
  sum,
} from './loss-function.ts';

export const softmaxCrossEntropy: LossFunction = {
  forward(p, t) {
    // Subtracting the largest logit keeps exp within range; it cancels out.
    const largest = largestOf(p);
    const logSum = Math.log(sum(p.map((logit) => Math.exp(logit - largest))));
    return sum(p.map((logit, i) => t[i] * (logSum - (logit - largest))));
  },
  backward: (p, t) => softmax(p).map((probability, i) => probability - t[i]),
};

export const sigmoidCrossEntropy = meanOf(
  (x, t) => Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x))),
  (x, t) => sigmoid(x) - t,
);

export const categoricalCrossentropy: LossFunction = {
  forward: (p, t) => -sum(normalized(p).map((q, i) => t[i] * Math.log(clip(q)))),
  backward(p, t) {
    const total = sum(p);
    const q = normalized(p);
    const dQ = q.map((value, i) => (isInside(value) ? -t[i] / value : 0));
    const along = sum(dQ.map((d, i) => d * q[i]));
    return dQ.map((d) => (d - along) / total);
  },
};

export const sparseCategoricalCrossentropy: LossFunction = {
  forward: (p, t) => categoricalCrossentropy.forward(p.map(clip), t),
  backward(p, t) {
    const d = categoricalCrossentropy.backward(p.map(clip), t);
    return d.map((value, i) => (isInside(p[i]) ? value : 0));
  },
};

export const binaryCrossentropy: LossFunction = {
  forward: (p, t) => sigmoidCrossEntropy.forward(p.map(logitOf), t),
  backward(p, t) {
    const d = sigmoidCrossEntropy.backward(p.map(logitOf), t);
    return d.map((value, i) => (isInside(p[i]) ? value / (p[i] * (1 - p[i])) : 0));
  },
};
const logitOf = (value: number): number => Math.log(clip(value) / (1 - clip(value)));

export const kullbackLeiblerDivergence: LossFunction = {
  forward: (p, t) => sum(p.map((x, i) => t[i] * Math.log(upToOne(t[i]) / upToOne(x)))),
  backward: (p, t) => p.map((x, i) => (x >= low && x <= 1 ? -t[i] / x : 0)),
};
const upToOne = (value: number): number => Math.min(Math.max(value, low), 1);

export const logLoss = meanOf(
  (p, t) => -t * Math.log(p + low) - (1 - t) * Math.log(1 - p + low),
  (p, t) => (1 - t) / (1 - p + low) - t / (p + low),
);
