/**
 * A `Network` is a TensorFlow.js layers model as plain data: a graph of layers, what each computes, with every shape
 * inferred, and where its parameters lie. It crosses threads by structured clone; engines compile it.
 *
 * Its values are numbered tensors: first its inputs, mostly one, then what each layer gives. Activations of conv2d and
 * dense layers stand as layers of their own behind them. Flatten and reshape do not appear: values lie row-major
 * ([height, width, channels]), so they change the shape and nothing else. Nested models stand as their layers.
 */
import { type Shape, sizeOf } from '../shape.ts';
import type { ActivationLayer, PReluLayer, SoftmaxLayer } from './activation-layers.ts';
import type {
  Conv2dLayer,
  Conv2dTransposeLayer,
  DepthwiseConv2dLayer,
  Padding2dLayer,
  Pooling2dLayer,
  UpSampling2dLayer,
} from './image-layers.ts';
import type { LayerBase, Parameter } from './layer-base.ts';
import type { ConcatenateLayer, DotLayer, L2NormalizeLayer, MergingLayer } from './merging-layers.ts';
import type { NoiseLayer } from './noise-layers.ts';
import type { BroadcastLayer, PermuteLayer, RepeatVectorLayer, SliceLayer } from './rearranging-layers.ts';
import type { EmbeddingLayer, MaskingLayer, RecurrentLayer } from './sequence-layers.ts';

export type { ActivationLayer, ActivationName, PReluLayer, SoftmaxLayer } from './activation-layers.ts';
export type * from './image-layers.ts';
export type {
  Constraint,
  Initializer,
  LayerBase,
  NormBounds,
  Padding,
  Parameter,
  Penalty,
} from './layer-base.ts';
export type * from './merging-layers.ts';
export type { NoiseLayer } from './noise-layers.ts';

/** output[r, u] = sum over i of input[r, i] * kernel[i, u] (+ bias[u]), for each of `rows` rows of an example (1 unless the input has more than one dimension). */
export interface DenseLayer extends LayerBase {
  readonly kind: 'dense';
  readonly rows: number;
  readonly inputs: number;
  readonly units: number;
  /** [inputs, units] */
  readonly kernel: Parameter;
  /** [units] */
  readonly bias?: Parameter;
}

/** While training, keeps each value with probability 1 - rate, times 1 / (1 - rate); otherwise passes values on. */
export interface DropoutLayer extends LayerBase {
  readonly kind: 'dropout';
  readonly rate: number;
}

/**
 * For each channel, the last axis: output = (input - mean) / sqrt(variance + epsilon) * gamma + beta. While training,
 * mean and variance are those of the shard's examples, and each average moves by (its value - the average) * (1 -
 * momentum); otherwise they are the averages.
 */
export interface BatchNormalizationLayer extends LayerBase {
  readonly kind: 'batchNormalization';
  readonly channels: number;
  readonly momentum: number;
  readonly epsilon: number;
  /** [channels], each of the four; 1 where gamma is absent, 0 where beta is. */
  readonly gamma?: Parameter;
  readonly beta?: Parameter;
  readonly movingMean: Parameter;
  readonly movingVariance: Parameter;
}

/** For each row of `size` values, along the last axis: output = (input - mean) / sqrt(variance + epsilon) * gamma + beta. */
export interface LayerNormalizationLayer extends LayerBase {
  readonly kind: 'layerNormalization';
  readonly size: number;
  readonly epsilon: number;
  /** [size], each of the two; 1 where gamma is absent, 0 where beta is. */
  readonly gamma?: Parameter;
  readonly beta?: Parameter;
}

/** The layers by their kinds. A kind has a row in the table of each engine that computes it, and one in read-layer.ts. */
export interface LayerKinds {
  readonly conv2d: Conv2dLayer;
  readonly maxPooling2d: Pooling2dLayer<'maxPooling2d'>;
  readonly averagePooling2d: Pooling2dLayer<'averagePooling2d'>;
  readonly conv2dTranspose: Conv2dTransposeLayer;
  readonly depthwiseConv2d: DepthwiseConv2dLayer;
  readonly zeroPadding2d: Padding2dLayer<'zeroPadding2d'>;
  readonly cropping2d: Padding2dLayer<'cropping2d'>;
  readonly nearestUpSampling2d: UpSampling2dLayer<'nearestUpSampling2d'>;
  readonly bilinearUpSampling2d: UpSampling2dLayer<'bilinearUpSampling2d'>;
  readonly permute: PermuteLayer;
  readonly repeatVector: RepeatVectorLayer;
  readonly broadcast: BroadcastLayer;
  readonly slice: SliceLayer;
  readonly dense: DenseLayer;
  readonly dropout: DropoutLayer;
  readonly noise: NoiseLayer;
  readonly activation: ActivationLayer;
  readonly softmax: SoftmaxLayer<'softmax'>;
  readonly logSoftmax: SoftmaxLayer<'logSoftmax'>;
  readonly prelu: PReluLayer;
  readonly add: MergingLayer<'add'>;
  readonly subtract: MergingLayer<'subtract'>;
  readonly multiply: MergingLayer<'multiply'>;
  readonly average: MergingLayer<'average'>;
  readonly maximum: MergingLayer<'maximum'>;
  readonly minimum: MergingLayer<'minimum'>;
  readonly l2Normalize: L2NormalizeLayer;
  readonly dot: DotLayer;
  readonly concatenate: ConcatenateLayer;
  readonly batchNormalization: BatchNormalizationLayer;
  readonly layerNormalization: LayerNormalizationLayer;
  readonly embedding: EmbeddingLayer;
  readonly mask: MaskingLayer<'mask'>;
  readonly masking: MaskingLayer<'masking'>;
  readonly simpleRNN: RecurrentLayer<'simpleRNN'>;
  readonly lstm: RecurrentLayer<'lstm'>;
  readonly gru: RecurrentLayer<'gru'>;
}

export type LayerKind = keyof LayerKinds;
export type Layer = LayerKinds[LayerKind];

/** Why only the tensorflow engine takes a model. */
export interface Opaque {
  readonly reason: string;
  /** A module that registers the layers of the user's own, which each worker loads. Absolute path. */
  readonly layersModule?: string;
}

/** Layers, as messages name them: one that takes no mask, and the one that made it. */
export interface DroppedMask {
  readonly at: string;
  readonly from: string;
}

export interface Network {
  /** The shape of one example; of several inputs [all values], one behind the other. */
  readonly input: Shape;
  /** Of several inputs; absent where there is one. */
  readonly inputs?: readonly Shape[];
  /** The shape of the output for one example: [classes] for a classifier; of several outputs [all values]. */
  readonly output: Shape;
  /** Several outputs; absent where there is one: the last layer's. A softmax at their end stands as a layer. */
  readonly outputs?: readonly { readonly tensor: number; readonly shape: Shape }[];
  /** Layers, each behind those that it reads. All lead to an output; of one output the last one gives the logits. */
  readonly layers: readonly Layer[];
  /** The number of logits: of output values, where the model is no classifier. */
  readonly classes: number;
  /** True when the model itself ends in softmax (its output is then probabilities, the logits are what enters it). */
  readonly endsInSoftmax: boolean;
  /** All tensors in the model's own order (that of `model.getWeights()`): first those that gradients move. */
  readonly parameters: readonly Parameter[];
  /** Elements of the flat parameter array in natural order. */
  readonly parameterCount: number;
  /** How many of them, at the end, no gradient moves: running averages and frozen layers. */
  readonly stateCount: number;
  /** Where layers read a mask and take none; absent where none does. */
  readonly droppedMasks?: readonly DroppedMask[];
  /** Set where the embedded engines do not know what the model computes: `layers` is then empty. */
  readonly opaque?: Opaque;
}

/** How many rows the output has, each of which has a loss of its own: 1 for a vector, the times of a sequence. */
export const outputRows = ({ output }: Pick<Network, 'output'>): number => sizeOf(output.slice(0, -1));

/** All of its weights. */
export const parametersOf = (layer: Layer): Parameter[] => Object.values(layer).filter(isParameter);

const isParameter = (field: unknown): field is Parameter =>
  typeof field === 'object' && field !== null && 'initializer' in field;

/** Whether the layer's weights do not train, as its `trainable` says. */
export const isFrozen = ({ kernel }: { readonly kernel: Parameter }): boolean =>
  kernel.untrained === 'frozen';

/** Whether there is one input and one output, and each layer reads the one before it and nothing else. */
export const isSequential = ({
  inputs,
  outputs,
  layers,
}: Pick<Network, 'inputs' | 'outputs' | 'layers'>): boolean =>
  inputs === undefined &&
  outputs === undefined &&
  layers.every(({ reads }, index) => reads.length === 1 && reads[0] === index);
