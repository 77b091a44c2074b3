/** What losses have in common that are a sum or a mean over the values of a prediction. */
import { existing, loadPair, storePair, sumOfLanes } from './vector-math';

/** What a value p with its target t gives, and the derivative by p, for two values at once in float64. */
export class ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    return p;
  }

  @inline
  slope(p: v128, t: v128): v128 {
    return p;
  }
}

/** Of the values' losses, divided by `divisor`. */
@inline
export function sum<Rule extends ElementLoss>(
  p: usize,
  target: usize,
  size: i32,
  divisor: f64,
  dP: usize,
): f64 {
  // A rule has no fields, so that no memory is read here.
  const rule = changetype<Rule>(0);
  const bytes = (<usize>size) << 2;
  const divisors = f64x2.splat(divisor);
  let losses = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const value = loadPair(p + at, isWhole);
    const t = loadPair(target + at, isWhole);
    losses = f64x2.add(losses, existing(rule.value(value, t), isWhole));
    if (dP !== 0) storePair(dP + at, f64x2.div(rule.slope(value, t), divisors), isWhole);
  }
  return sumOfLanes(losses) / divisor;
}

@inline
export function mean<Rule extends ElementLoss>(p: usize, target: usize, size: i32, dP: usize): f64 {
  return sum<Rule>(p, target, size, size, dP);
}

/** The same for both. */
@inline
export function both(value: f64): v128 {
  return f64x2.splat(value);
}

/** 1 where x is above 0, else -1, also at 0, as TensorFlow.js takes it for the derivative of |x|. */
@inline
export function signOf(x: v128): v128 {
  return v128.bitselect(both(1), both(-1), f64x2.gt(x, both(0)));
}
