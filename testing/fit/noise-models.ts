/** See layer-models.ts. At rate 0: what is drawn otherwise is TensorFlow.js's own. */
import { layers } from '@tensorflow/tfjs-layers';
import { chain, type LayerCase, reals } from './layer-models.ts';

export const noiseCases: Readonly<Record<string, LayerCase>> = {
  'noise of every kind that adds nothing': {
    model: () =>
      chain(
        layers.dense({ inputShape: [5, 3], units: 4, activation: 'selu' }),
        layers.spatialDropout1d({ rate: 0 }),
        layers.flatten(),
        layers.alphaDropout({ rate: 0 }),
        layers.gaussianDropout({ rate: 0 }),
        layers.gaussianNoise({ stddev: 0 }),
      ),
    inputs: reals(5, 3),
  },
};
