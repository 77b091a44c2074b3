/** See layer-models.ts. Average pooling is without padding: there TensorFlow.js's JavaScript gradient is wrong. */
import { layers } from '@tensorflow/tfjs-layers';
import { chain, type LayerCase, reals } from './layer-models.ts';

export const imageCases: Readonly<Record<string, LayerCase>> = {
  // TensorFlow.js has no gradient of dilation: these are frozen.
  'conv2d and conv1d with dilation': {
    model: () =>
      chain(
        layers.conv2d({
          inputShape: [7, 8, 2],
          filters: 3,
          kernelSize: [3, 2],
          dilationRate: [2, 3],
          trainable: false,
        }),
        layers.conv2d({ filters: 4, kernelSize: 2, dilationRate: 2, padding: 'same', trainable: false }),
        layers.reshape({ targetShape: [15, 4] }),
        layers.conv1d({ filters: 4, kernelSize: 3, dilationRate: 4, padding: 'same', trainable: false }),
        layers.conv1d({ filters: 5, kernelSize: 2, dilationRate: 2, trainable: false }),
        layers.flatten(),
      ),
    inputs: reals(7, 8, 2),
  },
  'separableConv2d with dilation': {
    model: () =>
      chain(
        layers.separableConv2d({
          inputShape: [7, 8, 2],
          filters: 3,
          kernelSize: 3,
          dilationRate: [2, 3],
          padding: 'same',
          trainable: false,
        }),
        layers.flatten(),
      ),
    inputs: reals(7, 8, 2),
  },
  'conv1d, with strides': {
    model: () =>
      chain(
        layers.conv1d({
          inputShape: [13, 3],
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
        }),
        layers.conv1d({ filters: 5, kernelSize: 2, strides: 2, useBias: false }),
        layers.conv1d({ filters: 4, kernelSize: 3 }),
        layers.flatten(),
      ),
    inputs: reals(13, 3),
  },
  'conv2dTranspose, same and valid': {
    model: () =>
      chain(
        layers.conv2dTranspose({
          inputShape: [3, 2, 4],
          filters: 5,
          kernelSize: 5,
          strides: 2,
          padding: 'same',
          activation: 'relu',
        }),
        layers.conv2dTranspose({ filters: 2, kernelSize: [3, 2], strides: [1, 3], useBias: false }),
        layers.flatten(),
      ),
    inputs: reals(3, 2, 4),
  },
  depthwiseConv2d: {
    model: () =>
      chain(
        layers.depthwiseConv2d({ inputShape: [6, 5, 3], kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
        layers.depthwiseConv2d({ kernelSize: 2, strides: 2, useBias: false, activation: 'elu' }),
        layers.flatten(),
      ),
    inputs: reals(6, 5, 3),
  },
  'separableConv2d, with strides': {
    model: () =>
      chain(
        layers.separableConv2d({
          inputShape: [6, 7, 3],
          filters: 4,
          kernelSize: 3,
          depthMultiplier: 2,
          strides: 2,
          padding: 'same',
          activation: 'relu',
        }),
        layers.separableConv2d({ filters: 2, kernelSize: 2, useBias: false }),
        layers.flatten(),
      ),
    inputs: reals(6, 7, 3),
  },
  'pooling of sequences': {
    model: () =>
      chain(
        layers.conv1d({ inputShape: [12, 2], filters: 4, kernelSize: 2, padding: 'same' }),
        layers.maxPooling1d({ poolSize: 3, strides: 2, padding: 'same' }),
        layers.averagePooling1d({ poolSize: 2, strides: 1 }),
        layers.maxPooling1d({ poolSize: 2 }),
        layers.flatten(),
      ),
    inputs: reals(12, 2),
  },
  'global max pooling of sequences': {
    model: () =>
      chain(
        layers.conv1d({ inputShape: [9, 2], filters: 5, kernelSize: 3, activation: 'relu' }),
        layers.globalMaxPooling1d({}),
      ),
    inputs: reals(9, 2),
  },
  'global average pooling of sequences': {
    model: () =>
      chain(
        layers.conv1d({ inputShape: [9, 2], filters: 5, kernelSize: 3 }),
        layers.globalAveragePooling1d({}),
      ),
    inputs: reals(9, 2),
  },
  'global max pooling of images': {
    model: () =>
      chain(
        layers.conv2d({ inputShape: [5, 4, 2], filters: 5, kernelSize: 3, activation: 'relu' }),
        layers.globalMaxPooling2d({}),
      ),
    inputs: reals(5, 4, 2),
  },
  'global average pooling of images': {
    model: () =>
      chain(
        layers.conv2d({ inputShape: [5, 4, 2], filters: 5, kernelSize: 3 }),
        layers.globalAveragePooling2d({}),
      ),
    inputs: reals(5, 4, 2),
  },
  'zeroPadding2d and cropping2D': {
    model: () =>
      chain(
        layers.zeroPadding2d({
          inputShape: [4, 3, 2],
          padding: [
            [1, 0],
            [2, 1],
          ],
        }),
        layers.conv2d({ filters: 4, kernelSize: 3, activation: 'tanh' }),
        layers.cropping2D({
          cropping: [
            [0, 1],
            [1, 0],
          ],
        }),
        layers.flatten(),
      ),
    inputs: reals(4, 3, 2),
  },
  // The JavaScript gradients of up-sampling are wrong too: it stands first.
  'upSampling2d, nearest and bilinear': {
    model: () =>
      chain(
        layers.upSampling2d({ inputShape: [3, 4, 2], size: [3, 2], interpolation: 'bilinear' }),
        layers.upSampling2d({ size: [1, 2] }),
        layers.conv2d({ filters: 3, kernelSize: 2, strides: [2, 4], activation: 'relu' }),
        layers.flatten(),
      ),
    inputs: reals(3, 4, 2),
  },
  'permute, reshape and repeatVector': {
    model: () =>
      chain(
        layers.dense({ inputShape: [3, 4, 2], units: 3 }),
        layers.permute({ dims: [3, 1, 2] }),
        layers.reshape({ targetShape: [9, 4] }),
        layers.permute({ dims: [2, 1] }),
        layers.dense({ units: 2, activation: 'tanh' }),
        layers.flatten(),
        layers.repeatVector({ n: 3 }),
        layers.dense({ units: 2, activation: 'sigmoid' }),
        layers.flatten(),
      ),
    inputs: reals(3, 4, 2),
  },
};
