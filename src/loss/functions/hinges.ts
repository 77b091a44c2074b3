/** Losses that are 0 where a prediction is right by a margin of 1. */
import { type LossFunction, largestOf, meanOf, sum } from './loss-function.ts';

/** What is missing of the margin. */
const lacking = (p: number, t: number): number => Math.max(0, 1 - t * p);

const slope = (p: number, t: number): number => (lacking(p, t) > 0 ? -t : 0);

export const hinge = meanOf(lacking, slope);

export const squaredHinge = meanOf(
  (p, t) => lacking(p, t) ** 2,
  (p, t) => -2 * t * lacking(p, t),
);

/** Targets are 0 and 1. */
export const hingeLoss = meanOf(
  (p, t) => lacking(p, 2 * t - 1),
  (p, t) => slope(p, 2 * t - 1),
);

export const categoricalHinge: LossFunction = {
  forward: (p, t) => Math.max(0, 1 + largestOf(wrong(p, t)) - right(p, t)),
  backward(p, t) {
    const others = wrong(p, t);
    const largest = largestOf(others);
    if (!(1 + largest - right(p, t) > 0)) return p.map(() => 0);
    // As TensorFlow.js, which gives each of several largest the whole gradient.
    return t.map((of, i) => (others[i] === largest ? 1 - of : 0) - of);
  },
};
const right = (p: Float64Array, t: Float64Array): number => sum(p.map((x, i) => t[i] * x));
const wrong = (p: Float64Array, t: Float64Array): Float64Array => p.map((x, i) => (1 - t[i]) * x);
