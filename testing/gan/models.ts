/** Two small models that learn from one another, and the examples that they do it on. */
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { setWeights } from '../fit/models.ts';

const examples = 40;
export const examplesOfGan = {
  inputs: Uint8Array.from({ length: examples * 64 }, (_, at) =>
    (at % 64) % 9 < 4 ? 255 - (at % 7) : (at * 5) % 40,
  ),
  labels: new Uint8Array(examples),
  shape: [8, 8, 1],
};

export function ganModels(dropout = 0.3): { generator: LayersModel; discriminator: LayersModel } {
  const generator = sequential({
    layers: [
      layers.dense({ inputShape: [6], units: 2 * 2 * 4, useBias: false, name: 'g1' }),
      layers.batchNormalization({ name: 'g2' }),
      layers.leakyReLU({ name: 'g3' }),
      layers.reshape({ targetShape: [2, 2, 4], name: 'g4' }),
      layers.conv2dTranspose({
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        activation: 'relu',
        name: 'g5',
      }),
      layers.conv2dTranspose({
        filters: 1,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        activation: 'tanh',
        name: 'g6',
      }),
    ],
  });
  const discriminator = sequential({
    layers: [
      layers.conv2d({
        inputShape: [8, 8, 1],
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        name: 'd1',
      }),
      layers.leakyReLU({ name: 'd2' }),
      layers.dropout({ rate: dropout, name: 'd3' }),
      layers.flatten({ name: 'd4' }),
      layers.dense({ units: 1, name: 'd5' }),
    ],
  });
  setWeights(generator, 1);
  setWeights(discriminator, 2);
  return { generator, discriminator };
}
