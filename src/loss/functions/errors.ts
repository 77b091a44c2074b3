/** Losses of numbers: how far predictions are from their targets. */
import { low, meanOf } from './loss-function.ts';

export const meanSquaredError = meanOf(
  (p, t) => (p - t) ** 2,
  (p, t) => 2 * (p - t),
);

export const meanAbsoluteError = meanOf(
  (p, t) => Math.abs(p - t),
  (p, t) => signOf(p - t),
);

export const meanAbsolutePercentageError = meanOf(
  (p, t) => 100 * Math.abs((t - p) / atLeastLow(Math.abs(t))),
  (p, t) => (-100 * signOf(t - p)) / atLeastLow(Math.abs(t)),
);

export const meanSquaredLogarithmicError = meanOf(
  (p, t) => logarithmicError(p, t) ** 2,
  (p, t) => (p >= low ? (2 * logarithmicError(p, t)) / (1 + p) : 0),
);

export const logcosh = meanOf(
  (p, t) => Math.abs(p - t) + Math.log1p(Math.exp(-2 * Math.abs(p - t))) - Math.LN2,
  (p, t) => Math.tanh(p - t),
);

export const huberLoss = meanOf(
  (p, t) => (Math.abs(p - t) <= 1 ? 0.5 * (p - t) ** 2 : Math.abs(p - t) - 0.5),
  (p, t) => Math.min(Math.max(p - t, -1), 1),
);

export const poisson = meanOf(
  (p, t) => p - t * Math.log(low + p),
  (p, t) => 1 - t / (low + p),
);

/** TensorFlow.js takes -1 for the derivative of |x| at 0. */
const signOf = (x: number): number => (x > 0 ? 1 : -1);
const atLeastLow = (value: number): number => Math.max(value, low);
const logarithmicError = (p: number, t: number): number =>
  Math.log(1 + atLeastLow(p)) - Math.log(1 + atLeastLow(t));
