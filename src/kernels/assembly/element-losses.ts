/**
 * Losses that are a mean over the values of a prediction, a class each. Formulas: src/loss/loss.ts; plain forms:
 * src/loss/functions. Kernels take [size] predictions and targets, write the predictions' gradient dP unless that is 0,
 * and return the loss.
 */
import { both, ElementLoss, mean, signOf } from './element-loss';
import { atLeastLow, clip, isInside, low } from './loss-values';
import { exp2, log2, logOfOnePlus } from './vector-math';

class SquaredError extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    const difference = f64x2.sub(p, t);
    return f64x2.mul(difference, difference);
  }

  @inline
  slope(p: v128, t: v128): v128 {
    return f64x2.mul(both(2), f64x2.sub(p, t));
  }
}

export function meanSquaredError(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<SquaredError>(p, target, size, dP);
}

class AbsoluteError extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    return f64x2.abs(f64x2.sub(p, t));
  }

  @inline
  slope(p: v128, t: v128): v128 {
    return signOf(f64x2.sub(p, t));
  }
}

export function meanAbsoluteError(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<AbsoluteError>(p, target, size, dP);
}

/** max(x, 0) - x t + log(1 + exp(-|x|)) */
@inline
function logistic(x: v128, t: v128): v128 {
  const line = f64x2.sub(f64x2.max(x, both(0)), f64x2.mul(x, t));
  return f64x2.add(line, logOfOnePlus(exp2(f64x2.neg(f64x2.abs(x)))));
}

class SigmoidCrossEntropy extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    return logistic(p, t);
  }

  @inline
  slope(p: v128, t: v128): v128 {
    const sigmoid = f64x2.div(both(1), f64x2.add(both(1), exp2(f64x2.neg(p))));
    return f64x2.sub(sigmoid, t);
  }
}

export function sigmoidCrossEntropy(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<SigmoidCrossEntropy>(p, target, size, dP);
}

class BinaryCrossentropy extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    const y = clip(p);
    return logistic(log2(f64x2.div(y, f64x2.sub(both(1), y))), t);
  }

  @inline
  slope(p: v128, t: v128): v128 {
    const y = clip(p);
    const slope = f64x2.div(f64x2.sub(y, t), f64x2.mul(y, f64x2.sub(both(1), y)));
    return v128.and(slope, isInside(p));
  }
}

export function binaryCrossentropy(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<BinaryCrossentropy>(p, target, size, dP);
}

class LogLoss extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    const ofOne = f64x2.mul(t, log2(f64x2.add(p, both(low))));
    const rest = f64x2.add(f64x2.sub(both(1), p), both(low));
    return f64x2.sub(f64x2.neg(ofOne), f64x2.mul(f64x2.sub(both(1), t), log2(rest)));
  }

  @inline
  slope(p: v128, t: v128): v128 {
    const rest = f64x2.add(f64x2.sub(both(1), p), both(low));
    const ofRest = f64x2.div(f64x2.sub(both(1), t), rest);
    return f64x2.sub(ofRest, f64x2.div(t, f64x2.add(p, both(low))));
  }
}

export function logLoss(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<LogLoss>(p, target, size, dP);
}

class PercentageError extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    const share = f64x2.div(f64x2.sub(t, p), atLeastLow(f64x2.abs(t)));
    return f64x2.mul(both(100), f64x2.abs(share));
  }

  @inline
  slope(p: v128, t: v128): v128 {
    return f64x2.div(f64x2.mul(both(-100), signOf(f64x2.sub(t, p))), atLeastLow(f64x2.abs(t)));
  }
}

export function meanAbsolutePercentageError(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<PercentageError>(p, target, size, dP);
}

@inline
function logarithmicError(p: v128, t: v128): v128 {
  const ofP = log2(f64x2.add(both(1), atLeastLow(p)));
  return f64x2.sub(ofP, log2(f64x2.add(both(1), atLeastLow(t))));
}

class SquaredLogarithmicError extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    const error = logarithmicError(p, t);
    return f64x2.mul(error, error);
  }

  @inline
  slope(p: v128, t: v128): v128 {
    const slope = f64x2.div(f64x2.mul(both(2), logarithmicError(p, t)), f64x2.add(both(1), p));
    return v128.andnot(slope, f64x2.lt(p, both(low)));
  }
}

export function meanSquaredLogarithmicError(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<SquaredLogarithmicError>(p, target, size, dP);
}

class LogCosh extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    const error = f64x2.abs(f64x2.sub(p, t));
    const rest = logOfOnePlus(exp2(f64x2.mul(both(-2), error)));
    return f64x2.sub(f64x2.add(error, rest), both(Math.LN2));
  }

  @inline
  slope(p: v128, t: v128): v128 {
    // tanh of the difference; near 0 its own series, of which exp would leave too little.
    const x = f64x2.sub(p, t);
    const e = exp2(f64x2.mul(both(-2), f64x2.abs(x)));
    const far = f64x2.div(f64x2.sub(both(1), e), f64x2.add(both(1), e));
    const square = f64x2.mul(x, x);
    const cubic = f64x2.sub(f64x2.mul(square, both(2.0 / 15)), both(1.0 / 3));
    const near = f64x2.mul(x, f64x2.add(both(1), f64x2.mul(square, cubic)));
    const signed = v128.bitselect(x, far, i64x2.splat(0x8000000000000000));
    return v128.bitselect(near, signed, f64x2.lt(square, both(1e-4)));
  }
}

export function logcosh(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<LogCosh>(p, target, size, dP);
}

class Huber extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    const error = f64x2.abs(f64x2.sub(p, t));
    const square = f64x2.mul(both(0.5), f64x2.mul(error, error));
    return v128.bitselect(f64x2.sub(error, both(0.5)), square, f64x2.gt(error, both(1)));
  }

  @inline
  slope(p: v128, t: v128): v128 {
    return f64x2.pmax(f64x2.pmin(f64x2.sub(p, t), both(1)), both(-1));
  }
}

export function huberLoss(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<Huber>(p, target, size, dP);
}

class Poisson extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    return f64x2.sub(p, f64x2.mul(t, log2(f64x2.add(both(low), p))));
  }

  @inline
  slope(p: v128, t: v128): v128 {
    return f64x2.sub(both(1), f64x2.div(t, f64x2.add(both(low), p)));
  }
}

export function poisson(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<Poisson>(p, target, size, dP);
}
