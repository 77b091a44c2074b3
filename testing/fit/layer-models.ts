/** Small models, one or more for each kind of layer, with the examples that they take: `fit` is compared on them. */
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model,
  regularizers,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { integers, uniform } from '../engine/values.ts';

export interface LayerCase {
  readonly model: () => LayersModel;
  readonly inputs: (examples: number) => Tensor;
}

type Layer = Parameters<ReturnType<typeof sequential>['add']>[0];

const classes = 3;

export const chain = (...list: object[]): LayersModel =>
  sequential({ layers: [...(list as Layer[]), layers.dense({ units: classes, activation: 'softmax' })] });

/** [examples, ...shape] from -1 to 1 */
export const reals =
  (...shape: number[]) =>
  (examples: number): Tensor =>
    tensor(
      uniform(
        24,
        shape.reduce((size, length) => size * length, examples),
        -1,
        1,
      ),
      [examples, ...shape],
    );

/** [examples, length] of words from 0 to below - 1 */
const words =
  (length: number, below: number) =>
  (examples: number): Tensor =>
    tensor(integers(25, examples * length, below), [examples, length], 'int32');

/** TensorFlow.js draws orthogonal values only where all of it is loaded. */
const plainStart = { recurrentInitializer: 'glorotNormal' } as const;

export const layerCases: Readonly<Record<string, LayerCase>> = {
  'layer normalization': {
    model: () =>
      chain(
        layers.dense({ inputShape: [4, 5], units: 6 }),
        layers.layerNormalization(),
        layers.flatten(),
        layers.layerNormalization({ axis: 1, epsilon: 0.01 }),
      ),
    inputs: reals(4, 5),
  },
  regularizers: {
    model: () =>
      chain(
        layers.embedding({
          ...{ inputDim: 30, outputDim: 5, inputLength: 6 },
          embeddingsRegularizer: regularizers.l2({ l2: 0.02 }),
        }),
        layers.timeDistributed({
          layer: layers.dense({ units: 4, kernelRegularizer: 'l1l2', biasRegularizer: 'l1l2' }),
        }),
        layers.flatten(),
        layers.dense({
          ...{ units: 5, activation: 'selu', kernelRegularizer: regularizers.l1({ l1: 0.03 }) },
          trainable: false,
        }),
        layers.layerNormalization({ gammaRegularizer: regularizers.l1l2({ l1: 0.1, l2: 0.05 }) }),
      ),
    inputs: words(6, 30),
  },
  'a regularized layer that is called twice': {
    model: () => {
      const inputs = input({ shape: [5] });
      const shared = layers.dense({ units: 5, activation: 'tanh', kernelRegularizer: 'l1l2' });
      const outputs = layers.dense({ units: classes, activation: 'softmax' });
      return model({ inputs, outputs: outputs.apply(shared.apply(shared.apply(inputs))) as SymbolicTensor });
    },
    inputs: reals(5),
  },
  'recurrent layers of cells': {
    model: () =>
      chain(
        layers.rnn({
          inputShape: [4, 3],
          cell: layers.gruCell({ units: 5, ...plainStart }),
          returnSequences: true,
          goBackwards: true,
        }),
        layers.rnn({
          cell: [
            layers.lstmCell({ units: 4, ...plainStart }),
            layers.simpleRNNCell({ units: 3, ...plainStart }),
          ] as never,
          returnSequences: true,
        }),
        layers.rnn({
          cell: [
            layers.gruCell({ units: 3, ...plainStart }),
            layers.lstmCell({ units: 2, ...plainStart }),
          ] as never,
          goBackwards: true,
        }),
      ),
    inputs: reals(4, 3),
  },
  'convolutions, pooling and prelu at each time': {
    model: () =>
      chain(
        layers.timeDistributed({
          inputShape: [3, 5, 5, 2],
          layer: layers.conv2d({ filters: 3, kernelSize: 2, activation: 'tanh', kernelRegularizer: 'l1l2' }),
        }),
        layers.timeDistributed({ layer: layers.maxPooling2d({ poolSize: 2 }) }),
        layers.timeDistributed({ layer: layers.prelu() }),
        layers.timeDistributed({ layer: layers.layerNormalization() }),
        layers.timeDistributed({ layer: layers.flatten() }),
        layers.timeDistributed({ layer: layers.softmax() }),
        layers.flatten(),
      ),
    inputs: reals(3, 5, 5, 2),
  },
  'sequences of sequences': {
    model: () =>
      chain(
        layers.timeDistributed({ inputShape: [3, 4, 2], layer: layers.gru({ units: 3, ...plainStart }) }),
        layers.lstm({ units: 4, ...plainStart }),
      ),
    inputs: reals(3, 4, 2),
  },
  'words of sentences': {
    model: () =>
      chain(
        layers.timeDistributed({
          inputShape: [3, 4],
          layer: layers.embedding({ inputDim: 9, outputDim: 3 }),
        }),
        layers.timeDistributed({ layer: layers.globalAveragePooling1d({}) }),
        layers.flatten(),
      ),
    inputs: (examples) => tensor(integers(26, examples * 12, 9), [examples, 3, 4], 'int32'),
  },
  'an embedding': {
    model: () => chain(layers.embedding({ inputDim: 30, outputDim: 5, inputLength: 6 }), layers.flatten()),
    inputs: words(6, 30),
  },
  'a simple recurrent layer': {
    model: () => chain(layers.simpleRNN({ inputShape: [5, 4], units: 6, ...plainStart })),
    inputs: reals(5, 4),
  },
  'an lstm': {
    model: () =>
      chain(
        layers.embedding({ inputDim: 30, outputDim: 5, inputLength: 6 }),
        layers.lstm({ units: 6, unitForgetBias: true, ...plainStart }),
      ),
    inputs: words(6, 30),
  },
  ...Object.fromEntries(
    (['concat', 'sum', 'ave', 'mul'] as const).map((mergeMode): [string, LayerCase] => [
      `bidirectional layers that meet by ${mergeMode}`,
      {
        model: () =>
          chain(
            layers.bidirectional({
              layer: layers.gru({ units: 4, returnSequences: true, ...plainStart }) as never,
              ...{ mergeMode, inputShape: [5, 4] },
            }),
            layers.bidirectional({
              layer: layers.lstm({ units: 3, goBackwards: true, ...plainStart }) as never,
              mergeMode,
            }),
          ),
        inputs: reals(5, 4),
      },
    ]),
  ),
  'layers at every time': {
    model: () =>
      chain(
        layers.timeDistributed({
          inputShape: [4, 3, 2],
          layer: layers.dense({ units: 3, activation: 'tanh' }),
        }),
        layers.timeDistributed({ layer: layers.flatten() }),
        layers.timeDistributed({ layer: layers.activation({ activation: 'sigmoid' }) }),
        layers.simpleRNN({ units: 4, ...plainStart }),
      ),
    inputs: reals(4, 3, 2),
  },
  'an embedding that masks, in front of recurrent layers': {
    model: () =>
      chain(
        layers.embedding({ inputDim: 4, outputDim: 5, inputLength: 7, maskZero: true }),
        layers.gru({ units: 4, returnSequences: true, ...plainStart }),
        layers.dense({ units: 5, activation: 'tanh' }),
        layers.bidirectional({ layer: layers.lstm({ units: 4, ...plainStart }) as never, mergeMode: 'sum' }),
      ),
    inputs: words(7, 4),
  },
  'an embedding whose mask ends at a convolution': {
    model: () =>
      chain(
        layers.embedding({ inputDim: 4, outputDim: 5, inputLength: 7, maskZero: true, name: 'words' }),
        layers.conv1d({ filters: 4, kernelSize: 3, activation: 'tanh', name: 'conv' }),
        layers.globalAveragePooling1d({}),
      ),
    inputs: words(7, 4),
  },
  'masking of values': {
    model: () =>
      chain(
        layers.masking({ inputShape: [6, 1], maskValue: 1 }),
        layers.simpleRNN({ units: 4, goBackwards: true, ...plainStart }),
      ),
    inputs: (examples) => tensor(integers(26, examples * 6, 3), [examples, 6, 1], 'float32'),
  },
  'two grus, the first one backwards': {
    model: () =>
      chain(
        layers.gru({
          ...{ inputShape: [5, 4], units: 6, returnSequences: true, goBackwards: true },
          ...{ recurrentActivation: 'sigmoid', ...plainStart },
        }),
        layers.gru({ units: 5, activation: 'softsign', useBias: false, ...plainStart }),
      ),
    inputs: reals(5, 4),
  },
};
