/**
 * The optimizers' rules, four parameters at a time, and a kernel for each, which makes a block of an update (update.ts)
 * and returns whether all that it wrote is finite. Formulas: src/optimizer. Plain loops: testing/optimizer.
 */
import { applyRule, moving, squaresOfRule, Update } from './update';

/** change = learningRate * gradient */
@unmanaged
class Sgd extends Update {
  @inline
  change(
    parameter: v128,
    gradient: v128,
    first: v128,
    nextFirst: v128,
    second: v128,
    nextSecond: v128,
  ): v128 {
    return f32x4.mul(f32x4.splat(this.learningRate), gradient);
  }
}

export function sgd(update: Sgd, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Sgd>(update, 0, sum, start, floats);
}

/** velocity = momentum * velocity + gradient; change = learningRate * velocity */
@unmanaged
class Momentum extends Update {
  momentum: f32;

  @inline
  firstOf(gradient: v128, velocity: v128): v128 {
    return f32x4.add(f32x4.mul(f32x4.splat(this.momentum), velocity), gradient);
  }

  @inline
  change(parameter: v128, gradient: v128, first: v128, velocity: v128, second: v128, nextSecond: v128): v128 {
    return f32x4.mul(f32x4.splat(this.learningRate), velocity);
  }
}

export function momentum(update: Momentum, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Momentum>(update, 1, sum, start, floats);
}

/** velocity = momentum * velocity + gradient; change = learningRate * (gradient + momentum * velocity) */
@unmanaged
class Nesterov extends Update {
  momentum: f32;

  @inline
  firstOf(gradient: v128, velocity: v128): v128 {
    return f32x4.add(f32x4.mul(f32x4.splat(this.momentum), velocity), gradient);
  }

  @inline
  change(parameter: v128, gradient: v128, first: v128, velocity: v128, second: v128, nextSecond: v128): v128 {
    const ahead = f32x4.add(gradient, f32x4.mul(velocity, f32x4.splat(this.momentum)));
    return f32x4.mul(f32x4.splat(this.learningRate), ahead);
  }
}

export function nesterov(update: Nesterov, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Nesterov>(update, 1, sum, start, floats);
}

@unmanaged
class Adam extends Update {
  beta1: f32;
  /** 1 - beta1, rounded once. */
  rest1: f32;
  beta2: f32;
  rest2: f32;
  epsilon: f32;
  /** 1 - beta ^ step */
  correction1: f32;
  correction2: f32;

  @inline
  firstOf(gradient: v128, m: v128): v128 {
    return moving(m, this.beta1, gradient, this.rest1);
  }

  @inline
  secondOf(gradient: v128, v: v128, nextM: v128, first: v128): v128 {
    return moving(v, this.beta2, f32x4.mul(gradient, gradient), this.rest2);
  }

  @inline
  change(parameter: v128, gradient: v128, first: v128, m: v128, second: v128, v: v128): v128 {
    const root = f32x4.sqrt(f32x4.div(v, f32x4.splat(this.correction2)));
    const scale = f32x4.add(root, f32x4.splat(this.epsilon));
    return f32x4.mul(
      f32x4.div(f32x4.div(m, f32x4.splat(this.correction1)), scale),
      f32x4.splat(this.learningRate),
    );
  }
}

export function adam(update: Adam, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Adam>(update, 2, sum, start, floats);
}

/** @see squaresOfRule */
export function adamSquares(update: Adam, sum: usize, start: i32, floats: i32, squares: usize): void {
  squaresOfRule<Adam>(update, sum, start, floats, squares);
}

/** The largest gradient, which decays, in place of Adam's root of squares. */
@unmanaged
class Adamax extends Update {
  beta1: f32;
  /** 1 - beta1, rounded once. */
  rest1: f32;
  beta2: f32;
  epsilon: f32;
  /** 1 - beta1 ^ step */
  correction: f32;

  @inline
  firstOf(gradient: v128, m: v128): v128 {
    return moving(m, this.beta1, gradient, this.rest1);
  }

  @inline
  secondOf(gradient: v128, u: v128, nextM: v128, first: v128): v128 {
    return f32x4.max(f32x4.mul(u, f32x4.splat(this.beta2)), f32x4.abs(gradient));
  }

  @inline
  change(parameter: v128, gradient: v128, first: v128, m: v128, second: v128, u: v128): v128 {
    const rate = f32x4.div(f32x4.splat(this.learningRate), f32x4.splat(this.correction));
    return f32x4.mul(rate, f32x4.div(m, f32x4.add(u, f32x4.splat(this.epsilon))));
  }
}

export function adamax(update: Adamax, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Adamax>(update, 2, sum, start, floats);
}

/** change = learningRate * sign(beta1 * m + rest1 * gradient), of the m before */
@unmanaged
class Lion extends Update {
  beta1: f32;
  rest1: f32;
  beta2: f32;
  rest2: f32;

  @inline
  firstOf(gradient: v128, m: v128): v128 {
    return moving(m, this.beta2, gradient, this.rest2);
  }

  @inline
  change(parameter: v128, gradient: v128, m: v128, nextM: v128, second: v128, nextSecond: v128): v128 {
    const direction = moving(m, this.beta1, gradient, this.rest1);
    const sign = v128.and(direction, f32x4.splat(-0.0));
    const rate = v128.or(f32x4.splat(this.learningRate), sign);
    return v128.and(rate, f32x4.ne(direction, f32x4.splat(0)));
  }
}

export function lion(update: Lion, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Lion>(update, 1, sum, start, floats);
}

/** change = learningRate * step, step = gradient * sqrt(d + epsilon) / sqrt(squares + epsilon), of the d before */
@unmanaged
class Adadelta extends Update {
  rho: f32;
  /** 1 - rho, rounded once. */
  rest: f32;
  epsilon: f32;
  /** 1 where a step is divided by the squares before it, else 0. */
  lags: i32;

  @inline
  firstOf(gradient: v128, squares: v128): v128 {
    return moving(squares, this.rho, f32x4.mul(gradient, gradient), this.rest);
  }

  @inline
  secondOf(gradient: v128, d: v128, squares: v128, first: v128): v128 {
    const step = this.stepOf(gradient, d, squares, first);
    return moving(d, this.rho, f32x4.mul(step, step), this.rest);
  }

  @inline
  change(parameter: v128, gradient: v128, first: v128, squares: v128, d: v128, nextD: v128): v128 {
    return f32x4.mul(this.stepOf(gradient, d, squares, first), f32x4.splat(this.learningRate));
  }

  @inline
  stepOf(gradient: v128, d: v128, squares: v128, before: v128): v128 {
    const epsilon = f32x4.splat(this.epsilon);
    const divisor = f32x4.sqrt(f32x4.add(this.lags ? before : squares, epsilon));
    return f32x4.mul(f32x4.div(f32x4.sqrt(f32x4.add(d, epsilon)), divisor), gradient);
  }
}

export function adadelta(update: Adadelta, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Adadelta>(update, 2, sum, start, floats);
}

@unmanaged
class Rmsprop extends Update {
  decay: f32;
  /** 1 - decay, rounded once. */
  rest: f32;
  momentum: f32;
  epsilon: f32;

  @inline
  firstOf(gradient: v128, squares: v128): v128 {
    return moving(squares, this.decay, f32x4.mul(gradient, gradient), this.rest);
  }

  @inline
  secondOf(gradient: v128, velocity: v128, squares: v128, first: v128): v128 {
    const root = f32x4.sqrt(f32x4.add(squares, f32x4.splat(this.epsilon)));
    const scaled = f32x4.div(f32x4.mul(gradient, f32x4.splat(this.learningRate)), root);
    return f32x4.add(f32x4.mul(velocity, f32x4.splat(this.momentum)), scaled);
  }

  @inline
  change(parameter: v128, gradient: v128, first: v128, squares: v128, second: v128, velocity: v128): v128 {
    return velocity;
  }
}

export function rmsprop(update: Rmsprop, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Rmsprop>(update, 2, sum, start, floats);
}

@unmanaged
class Adagrad extends Update {
  epsilon: f32;

  @inline
  firstOf(gradient: v128, squares: v128): v128 {
    return f32x4.add(squares, f32x4.mul(gradient, gradient));
  }

  @inline
  change(parameter: v128, gradient: v128, first: v128, squares: v128, second: v128, nextSecond: v128): v128 {
    const root = f32x4.sqrt(f32x4.add(squares, f32x4.splat(this.epsilon)));
    return f32x4.mul(f32x4.div(gradient, root), f32x4.splat(this.learningRate));
  }
}

export function adagrad(update: Adagrad, sum: usize, start: i32, floats: i32): bool {
  return applyRule<Adagrad>(update, 1, sum, start, floats);
}
