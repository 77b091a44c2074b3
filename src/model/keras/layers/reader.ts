import type { Shape } from '../../../shape.ts';
import type { Initializer, LayerKind, LayerKinds, Parameter } from '../../network.ts';
import type { LayerConfig } from '../config/layer-config.ts';

/** What one Keras layer becomes: no network layer (it passes values on or reshapes them), one, or one and its activation. */
export interface ReadLayer {
  readonly layers: readonly UnconnectedLayer[];
  readonly output: Shape;
  /**
   * What each of the layers reads: what the Keras layer reads, or a list of single ones. Absent where the first reads
   * what the Keras layer reads, and each other one the one before.
   */
  readonly sources?: readonly ('input' | readonly Source[])[];
  /** True when it ends in softmax, which stands in no layer of the network. */
  readonly softmax?: boolean;
}

/** The output of one of the layers before, by its place; or one of the tensors that the Keras layer reads. */
export type Source = number | { readonly input: number };

/** A layer that does not know yet which tensors it reads. */
export type UnconnectedLayer<K extends LayerKind = LayerKind> = K extends LayerKind
  ? Omit<LayerKinds[K], 'reads'>
  : never;

/** From the configuration of a Keras layer and the shape of its input, or of several, to what it becomes. */
export type Reader =
  | { one(layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer }
  | { several(layer: LayerConfig, inputs: readonly Shape[]): ReadLayer };

/** Gives the layer a weight, or the one that it has of this name where it is called again. */
export type AddParameter = (
  name: string,
  shape: Shape,
  initializer: Initializer,
  marks?: WeightMarks,
) => Parameter;

/** How a weight trains. */
export type WeightMarks = Pick<Parameter, 'untrained' | 'penalty' | 'constraint'>;
