/** What the layers of a network are made of. */
import type { Shape } from '../shape.ts';

/** How many rows and columns of padding lie around an image. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** One weight: its place in the flat parameter array in the model's own (natural) order. */
export interface Parameter {
  /** As TensorFlow.js names the weight, e.g. `conv2d_1/kernel`. */
  readonly name: string;
  readonly shape: Shape;
  /** Index of the first element in the flat array. */
  readonly offset: number;
  readonly size: number;
  /** The Keras configuration of the initializer that the layer names. */
  readonly initializer: Initializer;
  /** Set where no gradient moves it: a running average, which its layer moves, or a weight of a frozen layer. */
  readonly untrained?: 'average' | 'frozen';
  /** What a regularizer adds to the loss of training. */
  readonly penalty?: Penalty;
  /** What each update makes of it at last. */
  readonly constraint?: Constraint;
}

/** No value below 0. */
export interface NonNegative {
  readonly kind: 'nonNegative';
}

/**
 * Norms along some axes, n = sqrt(sum of w^2), move towards where they shall be: w *= (rate * clip(n, least, most) + (1 -
 * rate) * n) / (n + 1e-7).
 */
export interface NormBounds {
  readonly kind: 'norm';
  readonly axes: readonly number[];
  readonly least: number;
  readonly most: number;
  readonly rate: number;
}

export type Constraint = NonNegative | NormBounds;

/** l1 times the sum of the values' sizes, and l2 times the sum of their squares. */
export interface Penalty {
  readonly l1: number;
  readonly l2: number;
}

/** A Keras initializer's serialised form, e.g. { className: 'VarianceScaling', config: { scale: 1, mode: 'fan_avg', distribution: 'uniform' } }. */
export interface Initializer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What every layer of a network has. */
export interface LayerBase {
  /** The layer's name in the model, for messages and parameter names. */
  readonly name: string;
  /** The layer's position in the model's own list, those of nested models in their place; random masks depend on it. */
  readonly index: number;
  /** The tensors that it reads, each an input or of an earlier layer: the inputs are the first tensors, mostly one; then come the layers' outputs. */
  readonly reads: readonly number[];
  /** The shape of the first of them, as the layer takes it. */
  readonly input: Shape;
  readonly output: Shape;
}
