/** Losses of the angle between prediction and target. */
import { type LossFunction, low, sum } from './loss-function.ts';

const dot = (a: Float64Array, b: Float64Array): number => sum(a.map((x, i) => x * b[i]));

/** A vector's length; of one that is about 0, what it is divided by instead. */
const lengthOf = (values: Float64Array): number => Math.sqrt(Math.max(dot(values, values), low));

export const cosineProximity: LossFunction = {
  forward: (p, t) => -dot(p, t) / (lengthOf(p) * lengthOf(t)),
  backward(p, t) {
    const [pLength, tLength] = [lengthOf(p), lengthOf(t)];
    const along = dot(p, p) >= low ? dot(p, t) / pLength ** 2 : 0;
    return p.map((x, i) => (x * along - t[i]) / (pLength * tLength));
  },
};

export const cosineDistance: LossFunction = {
  forward: (p, t) => 1 - dot(p, t),
  backward: (_, t) => t.map((x) => -x),
};
