import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { apply, chain, classifier, functional, stacked, type ZooModel } from './builders.ts';

/** Convolution, batch normalisation, relu. */
const convBlock = (filters: number, strides = 1, kernelSize = 3) => [
  layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }),
  layers.batchNormalization({}),
  layers.activation({ activation: 'relu' }),
];

function residual(input: SymbolicTensor, filters: number, strides = 1): SymbolicTensor {
  const main = chain(
    input,
    ...convBlock(filters, strides),
    layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false }),
    layers.batchNormalization({}),
  );
  const aside =
    strides === 1
      ? input
      : chain(
          input,
          layers.conv2d({ filters, kernelSize: 1, strides, padding: 'same', useBias: false }),
          layers.batchNormalization({}),
        );
  return chain(apply(layers.add(), [main, aside]), layers.activation({ activation: 'relu' }));
}

const vgg = (...filters: (number | 'pool')[]) =>
  filters.map((width) =>
    width === 'pool'
      ? layers.maxPooling2d({ poolSize: 2 })
      : layers.conv2d({ filters: width, kernelSize: 3, padding: 'same', activation: 'relu' }),
  );

export const imageModels: Readonly<Record<string, ZooModel>> = {
  'LeNet-5': {
    ...classifier,
    make: () =>
      stacked(
        layers.conv2d({
          inputShape: [16, 16, 1],
          filters: 6,
          kernelSize: 5,
          padding: 'same',
          activation: 'tanh',
        }),
        layers.averagePooling2d({ poolSize: 2 }),
        layers.conv2d({ filters: 16, kernelSize: 5, activation: 'tanh' }),
        layers.averagePooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 30, activation: 'tanh' }),
        layers.dense({ units: 5, activation: 'softmax' }),
      ),
  },
  "Keras' MNIST CNN": {
    ...classifier,
    make: (rates) =>
      stacked(
        layers.conv2d({ inputShape: [12, 12, 1], filters: 8, kernelSize: 3, activation: 'relu' }),
        layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.dropout({ rate: rates === 'drawn' ? 0.25 : 0 }),
        layers.flatten(),
        layers.dense({ units: 32, activation: 'relu' }),
        layers.dropout({ rate: rates === 'drawn' ? 0.5 : 0 }),
        layers.dense({ units: 5, activation: 'softmax' }),
      ),
  },
  'a CNN with batch normalisation and global average pooling': {
    ...classifier,
    make: () =>
      stacked(
        layers.conv2d({ inputShape: [10, 10, 3], filters: 8, kernelSize: 3, useBias: false }),
        layers.batchNormalization({}),
        layers.activation({ activation: 'relu' }),
        ...convBlock(16, 2),
        layers.globalAveragePooling2d({}),
        layers.dense({ units: 5, activation: 'softmax' }),
      ),
  },
  'VGG-11': {
    ...classifier,
    make: () =>
      stacked(
        layers.conv2d({
          inputShape: [32, 32, 3],
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
        }),
        ...vgg('pool', 8, 'pool', 8, 8, 'pool', 16, 16, 'pool', 16, 16, 'pool'),
        layers.flatten(),
        layers.dense({ units: 24, activation: 'relu' }),
        layers.dense({ units: 24, activation: 'relu' }),
        layers.dense({ units: 5, activation: 'softmax' }),
      ),
  },
  'ResNet-20': {
    ...classifier,
    make: () => {
      const input = layers.input({ shape: [16, 16, 3] });
      let tensor = chain(input, ...convBlock(8));
      for (const [filters, strides] of [
        [8, 1],
        [8, 1],
        [8, 1],
        [16, 2],
        [16, 1],
        [16, 1],
        [16, 2],
        [16, 1],
        [16, 1],
      ])
        tensor = residual(tensor, filters, strides);
      return functional(
        input,
        chain(tensor, layers.globalAveragePooling2d({}), layers.dense({ units: 5, activation: 'softmax' })),
      );
    },
  },
  'a MobileNet of depthwise convolutions': {
    ...classifier,
    make: () => {
      const input = layers.input({ shape: [16, 16, 3] });
      const block = (filters: number, strides: number) => [
        layers.depthwiseConv2d({
          kernelSize: 3,
          strides,
          padding: 'same',
          useBias: false,
          depthMultiplier: 1,
        }),
        layers.batchNormalization({}),
        layers.activation({ activation: 'relu6' }),
        layers.conv2d({ filters, kernelSize: 1, useBias: false }),
        layers.batchNormalization({}),
        layers.activation({ activation: 'relu6' }),
      ];
      return functional(
        input,
        chain(
          input,
          ...convBlock(8, 2),
          ...block(16, 1),
          ...block(16, 2),
          layers.globalAveragePooling2d({}),
          layers.dense({ units: 5, activation: 'softmax' }),
        ),
      );
    },
  },
  'an autoencoder with conv2dTranspose': {
    ...{ outputs: [{ loss: 'meanSquaredError', target: 'reals' }] },
    make: () =>
      stacked(
        layers.conv2d({
          inputShape: [8, 8, 1],
          filters: 8,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          activation: 'relu',
        }),
        layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
        layers.conv2dTranspose({
          filters: 8,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          activation: 'relu',
        }),
        layers.conv2dTranspose({
          filters: 1,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          activation: 'sigmoid',
        }),
      ),
  },
  'a U-Net with concatenate': {
    ...{ outputs: [{ loss: 'binaryCrossentropy', target: 'bits' }] },
    make: () => {
      const input = layers.input({ shape: [8, 8, 2] });
      const conv = (filters: number) =>
        layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' });
      const first = chain(input, conv(4));
      const second = chain(first, layers.maxPooling2d({ poolSize: 2 }), conv(8));
      const up = chain(second, layers.upSampling2d({ size: [2, 2] }));
      const joined = apply(layers.concatenate(), [up, first]);
      return functional(
        input,
        chain(joined, conv(4), layers.conv2d({ filters: 1, kernelSize: 1, activation: 'sigmoid' })),
      );
    },
  },
};
