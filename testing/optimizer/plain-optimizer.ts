import type { OptimizerSettings } from '../../src/optimizer/settings.ts';

export interface PlainState {
  readonly parameters: Float32Array;
  /** The optimizer's state arrays. */
  readonly state: readonly Float32Array[];
}

export interface PlainUpdate {
  /** From 1. */
  readonly step: number;
  /** [parameters] */
  readonly sum: Float32Array;
  readonly examples: number;
  /** What the mean gradient is multiplied by; default 1. */
  readonly scale?: number;
  /** Within which of -limit and limit it is held. */
  readonly limit?: number;
  /** Share of the parameter that is taken before, times the learning rate. */
  readonly weightDecay?: number;
}

/** One update as a plain loop. Every operation rounds to float32 by itself: `fround` of float64's is the same bits. */
export function plainUpdate(
  { parameters, state }: PlainState,
  { step, sum, examples, scale = 1, limit = Number.POSITIVE_INFINITY, weightDecay = 0 }: PlainUpdate,
  settings: OptimizerSettings,
): PlainState {
  const next = { parameters: parameters.slice(), state: state.map((array) => array.slice()) };
  for (let i = 0; i < parameters.length; i++) {
    const scaled = f(f(sum[i] / examples) * f(scale));
    const gradient = Math.min(Math.max(scaled, -f(limit)), f(limit));
    const before = state.map((array) => array[i]);
    const { change, after } = plainElement(gradient, before, step, settings);
    const share = f(-settings.learningRate * weightDecay);
    next.parameters[i] = f(f(parameters[i] + f(parameters[i] * share)) - change);
    for (const [array, value] of after.entries()) next.state[array][i] = value;
  }
  return next;
}

interface PlainElement {
  /** What is taken from the parameter. */
  readonly change: number;
  readonly after: readonly number[];
}

function plainElement(
  g: number,
  [first, second]: readonly number[],
  step: number,
  settings: OptimizerSettings,
): PlainElement {
  const rate = f(settings.learningRate);
  switch (settings.name) {
    case 'sgd':
      return { change: f(rate * g), after: [] };
    case 'momentum': {
      const m = f(settings.momentum);
      const v = f(f(m * first) + g);
      return { change: f(rate * (settings.nesterov ? f(g + f(v * m)) : v)), after: [v] };
    }
    case 'adam':
    case 'adamw':
    case 'lamb': {
      const { beta1, beta2, epsilon } = settings;
      const m = moving(first, beta1, g);
      const v = moving(second, beta2, f(g * g));
      const root = f(Math.sqrt(f(v / correction(beta2, step))));
      return { change: f(f(f(m / correction(beta1, step)) / f(root + f(epsilon))) * rate), after: [m, v] };
    }
    case 'rmsprop': {
      const s = moving(first, settings.decay, f(g * g));
      const scaled = f(f(g * rate) / f(Math.sqrt(f(s + f(settings.epsilon)))));
      const v = f(f(second * f(settings.momentum)) + scaled);
      return { change: v, after: [s, v] };
    }
    case 'adagrad': {
      const s = f(first + f(g * g));
      return { change: f(f(g / f(Math.sqrt(f(s + f(settings.epsilon))))) * rate), after: [s] };
    }
    case 'adamax': {
      const { beta1, beta2, epsilon } = settings;
      const m = moving(first, beta1, g);
      const u = Math.max(f(second * f(beta2)), Math.abs(g));
      return { change: f(f(rate / correction(beta1, step)) * f(m / f(u + f(epsilon)))), after: [m, u] };
    }
    case 'lion': {
      const direction = moving(first, settings.beta1, g);
      return { change: rate * Math.sign(direction), after: [moving(first, settings.beta2, g)] };
    }
    case 'adadelta':
    case 'tfjsAdadelta': {
      const epsilon = f(settings.epsilon);
      const s = moving(first, settings.rho, f(g * g));
      const divisor = settings.name === 'adadelta' ? s : first;
      const change = f(f(f(Math.sqrt(f(second + epsilon))) / f(Math.sqrt(f(divisor + epsilon)))) * g);
      return { change: f(change * rate), after: [s, moving(second, settings.rho, f(change * change))] };
    }
  }
}

const f = Math.fround;

const moving = (average: number, decay: number, value: number): number =>
  f(f(average * f(decay)) + f(value * f(1 - decay)));

/** 1 - beta^step, one factor after the other. */
function correction(beta: number, step: number): number {
  let power = 1;
  for (let i = 0; i < step; i++) power *= f(beta);
  return f(1 - power);
}
