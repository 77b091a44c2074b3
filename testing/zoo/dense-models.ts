import { layers, model, regularizers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { apply, chain, classifier, stacked, type ZooModel } from './builders.ts';

export const denseModels: Readonly<Record<string, ZooModel>> = {
  'an MLP with l2, selu and alphaDropout': {
    ...classifier,
    make: (rates) =>
      stacked(
        layers.dense({
          inputShape: [7],
          units: 12,
          activation: 'selu',
          kernelRegularizer: regularizers.l2({ l2: 0.01 }) as never,
        }),
        layers.alphaDropout({ rate: rates === 'drawn' ? 0.1 : 0 }),
        layers.dense({ units: 4, activation: 'softmax' }),
      ),
  },
  'a nested transfer model with a frozen base': {
    ...classifier,
    make: () => {
      const base = stacked(
        layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
        layers.globalAveragePooling2d({}),
      );
      base.trainable = false;
      return stacked(
        base,
        layers.dense({ units: 6, activation: 'relu' }),
        layers.dense({ units: 3, activation: 'softmax' }),
      );
    },
  },
  'two inputs and two outputs': {
    outputs: [
      { loss: 'categoricalCrossentropy', target: 'oneHot' },
      { loss: 'meanSquaredError', target: 'reals' },
    ],
    make: () => {
      const [image, values] = [layers.input({ shape: [8, 8, 1] }), layers.input({ shape: [5] })];
      const seen = chain(
        image,
        layers.conv2d({ filters: 6, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
      );
      const known = chain(values, layers.dense({ units: 6, activation: 'relu' }));
      const all = chain(
        apply(layers.concatenate(), [seen, known]),
        layers.dense({ units: 12, activation: 'relu' }),
      );
      const outputs = [
        chain(all, layers.dense({ units: 4, activation: 'softmax', name: 'kind' })),
        chain(all, layers.dense({ units: 1, name: 'size' })),
      ];
      return model({ inputs: [image, values], outputs });
    },
  },
  'a siamese network, whose layers two images share': {
    outputs: [{ loss: 'binaryCrossentropy', target: 'bits' }],
    make: () => {
      const inputs = [layers.input({ shape: [8, 8, 1] }), layers.input({ shape: [8, 8, 1] })];
      const shared = [
        layers.conv2d({ filters: 5, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 8, activation: 'tanh' }),
      ];
      const seen = inputs.map((input) => chain(input, ...shared));
      const likeness = apply(layers.dot({ axes: -1 }), seen);
      return model({ inputs, outputs: chain(likeness, layers.dense({ units: 1, activation: 'sigmoid' })) });
    },
  },
  "a VAE's dense parts, with a loss for each output": {
    outputs: [
      { loss: 'binaryCrossentropy', target: 'bits' },
      { loss: 'meanSquaredError', target: 'zeros' },
      { loss: 'meanAbsoluteError', target: 'zeros' },
    ],
    make: (rates) => {
      const input = layers.input({ shape: [20] });
      const hidden = chain(input, layers.dense({ units: 12, activation: 'relu' }));
      const mean = chain(hidden, layers.dense({ units: 3, name: 'mean' }));
      const logVariance = chain(hidden, layers.dense({ units: 3, name: 'logVariance' }));
      const drawn: SymbolicTensor = chain(
        apply(layers.add(), [mean, logVariance]),
        layers.gaussianNoise({ stddev: rates === 'drawn' ? 0.5 : 0 }),
      );
      const decoded = chain(
        drawn,
        layers.dense({ units: 12, activation: 'relu' }),
        layers.dense({ units: 20, activation: 'sigmoid', name: 'decoded' }),
      );
      return model({ inputs: input, outputs: [decoded, mean, logVariance] });
    },
  },
  "a GAN's generator of images of a class": {
    ...{ outputs: [{ loss: 'meanSquaredError', target: 'reals' }], words: [undefined, 4] },
    make: () => {
      const [noise, kind] = [layers.input({ shape: [6] }), layers.input({ shape: [1] })];
      const images = stacked(
        layers.dense({ inputShape: [6], units: 36, activation: 'relu' }),
        layers.reshape({ targetShape: [3, 3, 4] }),
        layers.conv2dTranspose({ filters: 4, kernelSize: 3, activation: 'relu' }),
        layers.batchNormalization(),
        layers.conv2dTranspose({
          filters: 1,
          kernelSize: 5,
          strides: 2,
          padding: 'same',
          activation: 'tanh',
        }),
      );
      // A row for each word, of one: the nested model takes vectors.
      const rows = chain(kind, layers.embedding({ inputDim: 4, outputDim: 6 }));
      return model({
        inputs: [noise, kind],
        outputs: chain(apply(layers.multiply(), [noise, rows]), images),
      });
    },
  },
};
