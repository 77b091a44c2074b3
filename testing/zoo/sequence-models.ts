import { layers, model } from '@tensorflow/tfjs-layers';
import { apply, chain, classifier, functional, stacked, type ZooModel } from './builders.ts';

export const sequenceModels: Readonly<Record<string, ZooModel>> = {
  'a text CNN': {
    ...{ outputs: [{ loss: 'binaryCrossentropy', target: 'bits' }], words: [20] },
    make: () =>
      stacked(
        layers.embedding({ inputDim: 20, outputDim: 6, inputLength: 10 }),
        layers.conv1d({ filters: 8, kernelSize: 3, activation: 'relu' }),
        layers.globalMaxPooling1d({}),
        layers.dense({ units: 8, activation: 'relu' }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },
  'an LSTM classifier': {
    ...classifier,
    make: () =>
      stacked(
        layers.lstm({ inputShape: [7, 4], units: 6 }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ),
  },
  'a GRU classifier of words': {
    ...{ outputs: [{ loss: 'sparseCategoricalCrossentropy', target: 'classes' }], words: [12] },
    make: () =>
      stacked(
        layers.embedding({ inputDim: 12, outputDim: 5, inputLength: 6 }),
        layers.gru({ units: 6 }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ),
  },
  'a bidirectional LSTM': {
    ...{ outputs: [{ loss: 'binaryCrossentropy', target: 'bits' }] },
    make: () =>
      stacked(
        layers.bidirectional({
          layer: layers.lstm({ units: 4 }) as never,
          mergeMode: 'concat',
          inputShape: [6, 3],
        } as never),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },
  'a character LSTM': {
    ...{ outputs: [{ loss: 'categoricalCrossentropy', target: 'oneHot' }] },
    make: () =>
      stacked(
        layers.lstm({
          inputShape: [8, 10],
          units: 8,
          returnSequences: true,
        }),
        layers.lstm({ units: 8 }),
        layers.dense({ units: 10, activation: 'softmax' }),
      ),
  },
  'sequence to sequence': {
    ...classifier,
    make: () =>
      stacked(
        layers.lstm({ inputShape: [5, 6], units: 8 }),
        layers.repeatVector({ n: 4 }),
        layers.lstm({ units: 8, returnSequences: true }),
        layers.timeDistributed({ layer: layers.dense({ units: 6, activation: 'softmax' }) }),
      ),
  },
  'attention over an encoder': {
    ...classifier,
    make: () => {
      const input = layers.input({ shape: [6, 5] });
      const encoded = chain(input, layers.lstm({ units: 4, returnSequences: true }));
      const decoded = chain(encoded, layers.lstm({ units: 4, returnSequences: true }));
      const scores = apply(layers.dot({ axes: [2, 2] }), [decoded, encoded]);
      const attention = chain(scores, layers.activation({ activation: 'softmax' }));
      const context = apply(layers.dot({ axes: [2, 1] }), [attention, encoded]);
      const joined = apply(layers.concatenate(), [context, decoded]);
      return functional(
        input,
        chain(joined, layers.flatten(), layers.dense({ units: 4, activation: 'softmax' })),
      );
    },
  },
  'attention between two sequences of words, with masks': {
    ...{ outputs: classifier.outputs, words: [9, 7] },
    make: () => {
      const inputs = [layers.input({ shape: [6] }), layers.input({ shape: [5] })];
      const [encoded, decoded] = inputs.map((input, place) =>
        chain(
          input,
          layers.embedding({ inputDim: [9, 7][place], outputDim: 5, maskZero: true }),
          layers.lstm({ units: 4, returnSequences: true }),
        ),
      );
      const scores = apply(layers.dot({ axes: [2, 2] }), [decoded, encoded]);
      const attention = chain(scores, layers.activation({ activation: 'softmax' }));
      const context = apply(layers.dot({ axes: [2, 1] }), [attention, encoded]);
      const outputs = chain(
        apply(layers.concatenate(), [context, decoded]),
        layers.timeDistributed({ layer: layers.dense({ units: 6, activation: 'tanh' }) }),
        layers.timeDistributed({ layer: layers.dense({ units: 7, activation: 'softmax' }) }),
      );
      return model({ inputs, outputs });
    },
  },
};
