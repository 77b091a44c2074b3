/** Layers on sequences of words or of vectors. */
import type { ActivationLayer } from './activation-layers.ts';
import type { LayerBase, Parameter } from './layer-base.ts';

/**
 * output[t] = embeddings[word t]: the input's values, their fractions cut off, are rows of a table; NaN where it has no
 * such row. It reads the network's input.
 */
export interface EmbeddingLayer extends LayerBase {
  readonly kind: 'embedding';
  /** Words of an example. */
  readonly words: number;
  readonly vocabulary: number;
  readonly size: number;
  /** [vocabulary, size] */
  readonly embeddings: Parameter;
}

/**
 * Of a sequence [times, size]: a time counts where any of its values is not `value`. mask: 1 for such a time, else 0,
 * [times]; nothing goes back. masking: its values, and zeros at the others.
 */
export interface MaskingLayer<K = 'mask' | 'masking'> extends LayerBase {
  readonly kind: K;
  readonly times: number;
  readonly size: number;
  readonly value: number;
}

/** An activation of a layer's own; without one, values are as they are. */
export type Activation = Pick<ActivationLayer, 'activation' | 'setting'>;

/**
 * It may read a mask besides: at times that do not count, state and carry stay as they are.
 *
 * Steps through the times of a sequence [times, inputs], with a state [units] that begins as zero; reference/recurrent/
 * cells.ts has the formulas. The output is the last state, or those of all steps, in the order of the steps unless
 * `inTimeOrder` is set.
 */
export interface RecurrentLayer<K = RecurrentKind> extends LayerBase {
  readonly kind: K;
  readonly times: number;
  readonly inputs: number;
  readonly units: number;
  /** How many units' columns the weights have: 1 for simpleRNN, 4 for lstm (i, f, g, o), 3 for gru (z, r, a). */
  readonly gates: number;
  readonly activation: Activation | undefined;
  readonly recurrentActivation: Activation | undefined;
  readonly returnSequences: boolean;
  /** Whether it begins with the last time. */
  readonly goBackwards: boolean;
  /** While training, each example's inputs are dropped by one mask at all times, and its states by another one. */
  readonly dropout: number;
  readonly recurrentDropout: number;
  /** Whether states that are returned stand at their times, also where it goes backwards. */
  readonly inTimeOrder?: true;
  /** Whether it is the second one of two that stand for one layer, so that its masks are others. */
  readonly isSecond?: true;
  /** [inputs, gates * units] */
  readonly kernel: Parameter;
  /** [units, gates * units] */
  readonly recurrentKernel: Parameter;
  /** [gates * units] */
  readonly bias?: Parameter;
}

export type RecurrentKind = 'simpleRNN' | 'lstm' | 'gru';

/** The time at which a step is. */
export const timeOf = ({ goBackwards, times }: RecurrentLayer, step: number): number =>
  goBackwards ? times - 1 - step : step;

/** Where a step's state stands among those that are returned. */
export const outputPlace = (layer: RecurrentLayer, step: number): number =>
  layer.inTimeOrder === true ? timeOf(layer, step) : step;

/** A dropout mask of the layer: its rate, and what it has for the layer's position among the coordinates of its numbers. */
export function maskOf(layer: RecurrentLayer, of: 'input' | 'state'): { rate: number; index: number } {
  const { index, dropout, recurrentDropout, isSecond } = layer;
  const place = (of === 'input' ? 1 : 2) + (isSecond === true ? 2 : 0);
  return { rate: of === 'input' ? dropout : recurrentDropout, index: index + place * 2 ** 21 };
}
