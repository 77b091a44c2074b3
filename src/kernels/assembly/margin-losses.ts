/** More losses as in element-losses.ts: of a margin, and of a distribution. */
import { both, ElementLoss, mean, sum } from './element-loss';
import { atLeastLow, low } from './loss-values';
import { log2 } from './vector-math';

/** What is missing of a margin of 1. */
@inline
function lacking(p: v128, t: v128): v128 {
  return f64x2.max(both(0), f64x2.sub(both(1), f64x2.mul(t, p)));
}

/** Where there is something missing. */
@inline
function isLacking(p: v128, t: v128): v128 {
  return f64x2.gt(lacking(p, t), both(0));
}

class Hinge extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    return lacking(p, t);
  }

  @inline
  slope(p: v128, t: v128): v128 {
    return v128.and(f64x2.neg(t), isLacking(p, t));
  }
}

export function hinge(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<Hinge>(p, target, size, dP);
}

class SquaredHinge extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    const lack = lacking(p, t);
    return f64x2.mul(lack, lack);
  }

  @inline
  slope(p: v128, t: v128): v128 {
    return f64x2.mul(f64x2.mul(both(-2), t), lacking(p, t));
  }
}

export function squaredHinge(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<SquaredHinge>(p, target, size, dP);
}

/** Targets 0 and 1 as -1 and 1. */
@inline
function twoSided(t: v128): v128 {
  return f64x2.sub(f64x2.add(t, t), both(1));
}

class HingeLoss extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    return lacking(p, twoSided(t));
  }

  @inline
  slope(p: v128, t: v128): v128 {
    const side = twoSided(t);
    return v128.and(f64x2.neg(side), isLacking(p, side));
  }
}

export function hingeLoss(p: usize, target: usize, size: i32, dP: usize): f64 {
  return mean<HingeLoss>(p, target, size, dP);
}

/** At most 1, at least what losses hold a prediction at. */
@inline
function upToOne(values: v128): v128 {
  return atLeastLow(f64x2.pmin(values, both(1)));
}

class KullbackLeibler extends ElementLoss {
  @inline
  value(p: v128, t: v128): v128 {
    return f64x2.mul(t, log2(f64x2.div(upToOne(t), upToOne(p))));
  }

  @inline
  slope(p: v128, t: v128): v128 {
    const isInside = v128.and(f64x2.ge(p, both(low)), f64x2.le(p, both(1)));
    return v128.and(f64x2.div(f64x2.neg(t), p), isInside);
  }
}

export function kullbackLeiblerDivergence(p: usize, target: usize, size: i32, dP: usize): f64 {
  return sum<KullbackLeibler>(p, target, size, 1, dP);
}
