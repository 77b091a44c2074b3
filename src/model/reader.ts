import type { Initializer, LayerKind, LayerKinds, Parameter, Shape } from './network.ts';

/** What one Keras layer becomes: no network layer (it passes values on or reshapes them), one, or one and its activation. */
export interface ReadLayer {
  readonly layers: readonly UnconnectedLayer[];
  readonly output: Shape;
  /** True when it ends in softmax, which stands in no layer of the network. */
  readonly softmax?: boolean;
}

/** The first of a ReadLayer's layers reads what the Keras layer reads, each other one the one before it. */
export type UnconnectedLayer<K extends LayerKind = LayerKind> = K extends LayerKind
  ? Omit<LayerKinds[K], 'reads'>
  : never;

/** Gives the layer a weight, or the one that it has of this name where it is called again. */
export type AddParameter = (
  name: string,
  shape: Shape,
  initializer: Initializer,
  untrained?: Parameter['untrained'],
) => Parameter;
