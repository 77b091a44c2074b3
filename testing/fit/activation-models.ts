/** See layer-models.ts. */
import { layers } from '@tensorflow/tfjs-layers';
import { chain, type LayerCase, reals } from './layer-models.ts';

type ActivationName = Parameters<typeof layers.activation>[0]['activation'];

const names: readonly ActivationName[] = [
  ...(['relu', 'sigmoid', 'tanh', 'elu', 'selu', 'relu6', 'softplus', 'softsign', 'hardSigmoid'] as const),
  ...(['swish', 'mish', 'linear', 'softmax', 'logSoftmax', 'gelu', 'gelu_new'] as unknown as 'swish'[]),
];

const byActivation = Object.fromEntries(
  names.map((activation): [string, LayerCase] => [
    `the activation ${activation} of a layer, and as one`,
    {
      model: () =>
        chain(
          layers.dense({ inputShape: [7], units: 11, activation }),
          layers.activation({ activation }),
          layers.dense({ units: 5 }),
        ),
      inputs: reals(7),
    },
  ]),
);

export const activationCases: Readonly<Record<string, LayerCase>> = {
  ...byActivation,
  'layers of activations': {
    model: () =>
      chain(
        // TensorFlow.js has no gradient for it, which a first layer does not need.
        layers.thresholdedReLU({ inputShape: [5, 4, 2], theta: 0.1 }),
        layers.conv2d({ filters: 3, kernelSize: 2 }),
        layers.elu(),
        layers.prelu({ sharedAxes: [1, 2] }),
        layers.reLU({ maxValue: 0.7 }),
        layers.flatten(),
        layers.prelu(),
        layers.leakyReLU({ alpha: 0.2 }),
        layers.softmax(),
      ),
    inputs: reals(5, 4, 2),
  },
};
