import type { Network } from './network.ts';

/** A model as plain data. */
export interface ModelSpec {
  /** The Keras-style configuration, as `model.toJSON(null, false)` gives it. */
  readonly topology: object;
  readonly network: Network;
  /** [network.parameterCount] the values to begin with, in natural order. */
  readonly parameters: Float32Array;
}
