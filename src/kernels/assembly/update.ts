/**
 * The loop of every optimizer's kernel, in the update phase, over a block of the parameters. A rule (optimizers.ts)
 * extends `Update` with its settings, and says what one vector of four becomes.
 */
import { sumOfLanes } from './vector-math';

/** What is the same for all blocks of an update. A rule's settings follow. */
@unmanaged
export class Update {
  /** The parameters before and after: never the same memory, so that an update can be done again. */
  current: usize;
  next: usize;
  /** The first state array before and after, and the second; 0 where the optimizer has none. */
  first: usize;
  nextFirst: usize;
  second: usize;
  nextSecond: usize;
  /** How many examples the sums of gradients are of. */
  examples: f32;
  learningRate: f32;
  /** What the mean gradient is multiplied by, and within which of -limit and limit it is then held: 1 and infinity change nothing. */
  scale: f32;
  limit: f32;
  /** What a parameter is multiplied by before it is added to itself: -learningRate * weightDecay, and never -0. */
  weightDecay: f32;

  /** The next value of the first state array. */
  @inline
  firstOf(gradient: v128, first: v128): v128 {
    return first;
  }

  /** The next value of the second state array. */
  @inline
  secondOf(gradient: v128, second: v128, nextFirst: v128, first: v128): v128 {
    return second;
  }

  /** What is taken from the parameter. */
  @inline
  change(
    parameter: v128,
    gradient: v128,
    first: v128,
    nextFirst: v128,
    second: v128,
    nextSecond: v128,
  ): v128 {
    return gradient;
  }
}

/**
 * Makes the next parameters and state of `floats` parameters (a multiple of 4) from the parameter `start` on.
 * @param states how many state arrays the rule has
 * @param sum [floats], the gradients' sum
 * @returns whether all that it wrote is finite
 */
@inline
export function applyRule<Rule extends Update>(
  rule: Rule,
  states: i32,
  sum: usize,
  start: i32,
  floats: i32,
): bool {
  const from = (<usize>start) << 2;
  const bytes = (<usize>floats) << 2;
  const current = rule.current + from;
  const next = rule.next + from;
  const first = rule.first + from;
  const nextFirst = rule.nextFirst + from;
  const second = rule.second + from;
  const nextSecond = rule.nextSecond + from;
  let seen = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const gradient = gradientOf(rule, sum + at);
    const parameter = decayed(rule, current + at);
    let m = gradient;
    let nextM = gradient;
    let v = gradient;
    let nextV = gradient;
    if (states > 0) {
      m = v128.load(first + at);
      nextM = rule.firstOf(gradient, m);
      v128.store(nextFirst + at, nextM);
      seen = show(seen, nextM);
    }
    if (states > 1) {
      v = v128.load(second + at);
      nextV = rule.secondOf(gradient, v, nextM, m);
      v128.store(nextSecond + at, nextV);
      seen = show(seen, nextV);
    }
    const updated = f32x4.sub(parameter, rule.change(parameter, gradient, m, nextM, v, nextV));
    v128.store(next + at, updated);
    seen = show(seen, updated);
  }
  return allFinite(seen);
}

/** What the rule takes as the gradient. A NaN stays one. */
@inline
function gradientOf(update: Update, sum: usize): v128 {
  const mean = f32x4.div(v128.load(sum), f32x4.splat(update.examples));
  const scaled = f32x4.mul(mean, f32x4.splat(update.scale));
  return f32x4.pmax(f32x4.pmin(scaled, f32x4.splat(update.limit)), f32x4.splat(-update.limit));
}

@inline
function decayed(update: Update, parameter: usize): v128 {
  const value = v128.load(parameter);
  return f32x4.add(value, f32x4.mul(value, f32x4.splat(update.weightDecay)));
}

/**
 * The sums of squares that a trust ratio is of: of the parameters, decayed, and of what the rule would take from them,
 * over a block as `applyRule` has it. Writes the two as float64 to `squares`, and nothing else.
 */
@inline
export function squaresOfRule<Rule extends Update>(
  rule: Rule,
  sum: usize,
  start: i32,
  floats: i32,
  squares: usize,
): void {
  const from = (<usize>start) << 2;
  const bytes = (<usize>floats) << 2;
  let parameters = f64x2.splat(0);
  let changes = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const gradient = gradientOf(rule, sum + at);
    const parameter = decayed(rule, rule.current + from + at);
    const m = v128.load(rule.first + from + at);
    const nextM = rule.firstOf(gradient, m);
    const v = v128.load(rule.second + from + at);
    const nextV = rule.secondOf(gradient, v, nextM, m);
    parameters = f64x2.add(parameters, squaresOf(parameter));
    changes = f64x2.add(changes, squaresOf(rule.change(parameter, gradient, m, nextM, v, nextV)));
  }
  store<f64>(squares, sumOfLanes(parameters));
  store<f64>(squares + 8, sumOfLanes(changes));
}

/** Of four, the squares of the first and the third, and of the second and the fourth, added up. */
@inline
export function squaresOf(values: v128): v128 {
  const low = f64x2.promote_low_f32x4(values);
  const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 0, 1));
  return f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high));
}

/** decay * average + rest * value */
@inline
export function moving(average: v128, decay: f32, value: v128, rest: f32): v128 {
  return f32x4.add(f32x4.mul(average, f32x4.splat(decay)), f32x4.mul(value, f32x4.splat(rest)));
}

/** What `seen` has after all values that it was shown: whether none was infinite or not a number. */
@inline
export function allFinite(seen: v128): bool {
  return !v128.any_true(seen);
}

/** x - x is zero for all finite values, and not a number for the others. */
@inline
export function show(seen: v128, value: v128): v128 {
  return v128.or(seen, f32x4.sub(value, value));
}
