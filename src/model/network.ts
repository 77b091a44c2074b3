/**
 * A `Network` is a TensorFlow.js layers model as plain data: a graph of layers, what each computes, with every shape
 * inferred, and where its parameters lie. It crosses threads by structured clone; engines compile it.
 *
 * Its values are numbered tensors: 0 is the network's input, n what the layer at n - 1 gives. Activations of conv2d and
 * dense layers stand as layers of their own behind them. Flatten and reshape do not appear: values lie row-major
 * ([height, width, channels]), so they change the shape and nothing else. Nested models stand as their layers.
 */

/** Sizes without the examples' dimension, e.g. [28, 28, 1]. */
export type Shape = readonly number[];
/** [height, width, channels] */
export type ImageShape = readonly [height: number, width: number, channels: number];
/** [vertical, horizontal] */
export type Pair = readonly [vertical: number, horizontal: number];

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
}

/** A Keras initializer's serialised form, e.g. { className: 'VarianceScaling', config: { scale: 1, mode: 'fan_avg', distribution: 'uniform' } }. */
export interface Initializer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface LayerBase {
  /** The layer's name in the model, for messages and parameter names. */
  readonly name: string;
  /** The layer's position in the model's own list, those of nested models in their place; random masks depend on it. */
  readonly index: number;
  /** The tensors that it reads, each of an earlier layer: 0 is the network's input, n the output of layers[n - 1]. */
  readonly reads: readonly number[];
  /** The shape of the first of them, as the layer takes it. */
  readonly input: Shape;
  readonly output: Shape;
}

/** Cross-correlation as Keras computes it: output[y,x,o] = sum over i,j,c of input[y*sy+i-top, x*sx+j-left, c] * kernel[i,j,c,o] (+ bias[o]). */
export interface Conv2dLayer extends LayerBase {
  readonly kind: 'conv2d';
  readonly input: ImageShape;
  readonly output: ImageShape;
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  /** [kernelHeight, kernelWidth, inputChannels, filters] */
  readonly kernel: Parameter;
  /** [filters] */
  readonly bias?: Parameter;
}

/** Max pooling ignores the padding; the first of equal values in row-major order takes the gradient. Average pooling divides by the number of real (not padding) values. */
export interface Pooling2dLayer<K = 'maxPooling2d' | 'averagePooling2d'> extends LayerBase {
  readonly kind: K;
  readonly input: ImageShape;
  readonly output: ImageShape;
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

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

export type ActivationKind = 'relu' | 'sigmoid' | 'tanh';

export interface ActivationLayer extends LayerBase {
  readonly kind: 'activation';
  readonly activation: ActivationKind;
}

/** output = input where that is not below 0, else alpha * input. */
export interface LeakyReLULayer extends LayerBase {
  readonly kind: 'leakyReLU';
  readonly alpha: number;
}

/** output = the sum of its inputs, all of one shape. */
export interface AddLayer extends LayerBase {
  readonly kind: 'add';
}

/** Its inputs side by side along an axis: `rows` times a part of each, one behind the other. */
export interface ConcatenateLayer extends LayerBase {
  readonly kind: 'concatenate';
  /** The product of the dimensions before the axis. */
  readonly rows: number;
  /** Values a row that each input has: the product of its dimensions from the axis on. */
  readonly parts: readonly number[];
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

/** The layers by their kinds. A kind has a row in the table of each engine that computes it, and one in read-layer.ts. */
export interface LayerKinds {
  readonly conv2d: Conv2dLayer;
  readonly maxPooling2d: Pooling2dLayer<'maxPooling2d'>;
  readonly averagePooling2d: Pooling2dLayer<'averagePooling2d'>;
  readonly dense: DenseLayer;
  readonly dropout: DropoutLayer;
  readonly activation: ActivationLayer;
  readonly leakyReLU: LeakyReLULayer;
  readonly add: AddLayer;
  readonly concatenate: ConcatenateLayer;
  readonly batchNormalization: BatchNormalizationLayer;
}

export type LayerKind = keyof LayerKinds;
export type Layer = LayerKinds[LayerKind];

/** Why only the tensorflow engine takes a model. */
export interface Opaque {
  readonly reason: string;
  /** A module that registers the layers of the user's own, which each worker loads. Absolute path. */
  readonly layersModule?: string;
}

export interface Network {
  /** The shape of one example. */
  readonly input: Shape;
  /** The shape of the output for one example: [classes] for a classifier. */
  readonly output: Shape;
  /** Layers, each behind those that it reads; the last one's output is the logits, which all others lead to. */
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
  /** Set where the embedded engines do not know what the model computes: `layers` is then empty. */
  readonly opaque?: Opaque;
}

/** All of its weights. */
export const parametersOf = (layer: Layer): Parameter[] => Object.values(layer).filter(isParameter);

const isParameter = (field: unknown): field is Parameter =>
  typeof field === 'object' && field !== null && 'initializer' in field;

/** Whether the layer's weights do not train, as its `trainable` says. */
export const isFrozen = ({ kernel }: { readonly kernel: Parameter }): boolean =>
  kernel.untrained === 'frozen';

/** Whether each layer reads the one before it and nothing else. */
export const isSequential = ({ layers }: Pick<Network, 'layers'>): boolean =>
  layers.every(({ reads }, index) => reads.length === 1 && reads[0] === index);

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
