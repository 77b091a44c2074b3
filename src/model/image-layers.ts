/** Layers of images, [height, width, channels]. What a layer of sequences computes, it computes of images of height 1. */
import type { ImageShape, Pair } from '../shape.ts';
import type { LayerBase, Padding, Parameter } from './layer-base.ts';

/** Windows that move over an image. */
export interface Windows {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  /** From a window's pixel to its next one. Default: [1, 1]. */
  readonly dilation?: Pair;
  readonly padding: Padding;
}

/**
 * Cross-correlation as Keras computes it: output[y,x,o] = sum over i,j,c of input[y*sy+i*dy-top, x*sx+j*dx-left, c] *
 * kernel[i,j,c,o] (+ bias[o]).
 */
export interface Conv2dLayer extends LayerBase, Windows {
  readonly kind: 'conv2d';
  readonly input: ImageShape;
  readonly output: ImageShape;
  /** [kernelHeight, kernelWidth, inputChannels, filters], without the first where it is a conv1d's. */
  readonly kernel: Parameter;
  /** [filters] */
  readonly bias?: Parameter;
}

/**
 * The gradient of a convolution's input, taken forward: output[y*sy+i-top, x*sx+j-left, o] is the sum, over all y, x, i,
 * j that give it and over c, of input[y,x,c] * kernel[i,j,o,c] (+ bias[o]). The windows are those over the output.
 */
export interface Conv2dTransposeLayer extends LayerBase, Windows {
  readonly kind: 'conv2dTranspose';
  readonly input: ImageShape;
  readonly output: ImageShape;
  /** [kernelHeight, kernelWidth, filters, inputChannels] */
  readonly kernel: Parameter;
  /** [filters] */
  readonly bias?: Parameter;
}

/**
 * Each channel has `multiplier` filters of its own: output[y,x,c*multiplier+m] = sum over i,j of
 * input[y*sy+i*dy-top, x*sx+j*dx-left, c] * kernel[i,j,c,m] (+ bias[c*multiplier+m]).
 */
export interface DepthwiseConv2dLayer extends LayerBase, Windows {
  readonly kind: 'depthwiseConv2d';
  readonly input: ImageShape;
  readonly output: ImageShape;
  readonly multiplier: number;
  /** [kernelHeight, kernelWidth, channels, multiplier] */
  readonly kernel: Parameter;
  /** [channels * multiplier] */
  readonly bias?: Parameter;
}

/**
 * Max pooling ignores the padding; the first of equal values in row-major order takes the gradient. Average pooling
 * divides by the number of real (not padding) values.
 */
export interface Pooling2dLayer<K = 'maxPooling2d' | 'averagePooling2d'> extends LayerBase {
  readonly kind: K;
  readonly input: ImageShape;
  readonly output: ImageShape;
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

/** Adds rows and columns of zeros around the image, or takes them away. */
export interface Padding2dLayer<K = 'zeroPadding2d' | 'cropping2d'> extends LayerBase {
  readonly kind: K;
  readonly input: ImageShape;
  readonly output: ImageShape;
  readonly padding: Padding;
}

/**
 * `factors` times as many rows and columns. Nearest: output[y, x] = input[floor(y / fy), floor(x / fx)]. Bilinear: between
 * the pixel there and the next ones, as far as the fractions y / fy and x / fx say; the last pixel has no next one.
 */
export interface UpSampling2dLayer<K = 'nearestUpSampling2d' | 'bilinearUpSampling2d'> extends LayerBase {
  readonly kind: K;
  readonly input: ImageShape;
  readonly output: ImageShape;
  readonly factors: Pair;
}
