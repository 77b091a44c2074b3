/** What the losses are made of. */

/** Of a prediction p and a target t, [n] each. */
export interface LossFunction {
  forward(p: Float64Array, t: Float64Array): number;
  /** @returns dP [n] */
  backward(p: Float64Array, t: Float64Array): Float64Array;
}

/** The mean over the values of what each gives. */
export function meanOf(
  value: (p: number, t: number) => number,
  slope: (p: number, t: number) => number,
): LossFunction {
  return {
    forward: (p, t) => sum(p.map((x, i) => value(x, t[i]))) / p.length,
    backward: (p, t) => p.map((x, i) => slope(x, t[i]) / p.length),
  };
}

/** TensorFlow.js's epsilon, and what 1 - epsilon is in its float32. */
export const [low, high] = [Math.fround(1e-7), Math.fround(1 - 1e-7)];
export const isInside = (value: number): boolean => value >= low && value <= high;
export const clip = (value: number): number => Math.min(Math.max(value, low), high);

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const sum = (values: Float64Array): number => values.reduce((a, b) => a + b);
export const largestOf = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b));

export function normalized(values: Float64Array): Float64Array {
  const total = sum(values);
  return values.map((value) => value / total);
}

export function softmax(logits: Float64Array): Float64Array {
  const largest = largestOf(logits);
  return normalized(logits.map((logit) => Math.exp(logit - largest)));
}
