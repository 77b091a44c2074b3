/** Models and data that do not go together: one line that names the layer or output, what was expected and what was got. */
import '../../../src/model/tfjs/cpu-backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { expect, test, vi } from 'vitest';
import { fit, type TrainEvent } from '../../../src/index.ts';
import { chain, layerCases } from '../../../testing/fit/layer-models.ts';
import { targets } from '../../../testing/fit/models.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const plainStart = { recurrentInitializer: 'glorotNormal' } as const;
const apply = (layer: ReturnType<typeof layers.dense>, to: SymbolicTensor) =>
  layer.apply(to) as SymbolicTensor;

interface Case {
  readonly model: () => LayersModel;
  readonly x: () => tf.Tensor;
  readonly y?: () => tf.Tensor;
  readonly message: RegExp;
}

const words = (length: number) =>
  chain(
    layers.embedding({ name: 'words', inputDim: 5, outputDim: 2, inputLength: length }),
    layers.flatten(),
  );

const cases: Readonly<Record<string, Case>> = {
  'sequences of length 0': {
    model: () => chain(layers.lstm({ name: 'steps', inputShape: [0, 2], units: 3, ...plainStart })),
    x: () => tf.zeros([4, 0, 2]),
    message: /^Expected `batch_input_shape` of layer "steps" \(LSTM\) to be .*>= 1.*, got \[null,0,2\]$/,
  },
  'strides with dilation': {
    model: () =>
      chain(
        layers.conv2d({
          name: 'both',
          inputShape: [6, 6, 1],
          filters: 1,
          kernelSize: 2,
          strides: 2,
          dilationRate: 2,
        }),
        layers.flatten(),
      ),
    x: () => tf.zeros([4, 6, 6, 1]),
    message:
      /^Expected `strides` or `dilation_rate` of layer "both" \(Conv2D\) to be 1, got \[2,2\] and \[2,2\]$/,
  },
  'a word outside of the table': {
    model: () => words(3),
    x: () => tf.fill([4, 3], 5, 'int32'),
    message:
      /^Expected the inputs of layer "words" \(embedding\) to be whole numbers from 0 to 4, got 5 in example 0/,
  },
  'a word below the table': {
    model: () => words(3),
    x: () => tf.fill([4, 3], -1, 'int32'),
    message:
      /^Expected the inputs of layer "words" \(embedding\) to be whole numbers from 0 to 4, got -1 in example 0/,
  },
  'targets of a rank too many': {
    model: () => chain(layers.dense({ inputShape: [3], units: 2 })),
    x: () => tf.zeros([4, 3]),
    y: () => tf.zeros([4, 3, 1]),
    message: /^Expected `y` to be of shape \[examples, 3\], got \[4, 3, 1\]$/,
  },
  'targets of sequences without times': {
    model: () =>
      sequential({ layers: [layers.dense({ inputShape: [5, 3], units: 3, activation: 'softmax' })] }),
    x: () => tf.zeros([4, 5, 3]),
    message: /^Expected `y` to be of shape \[examples, 5, 3\], got \[4, 3\]$/,
  },
  'a layer that trains in front of an embedding, through which no gradient goes': {
    model: () => {
      const inputs = input({ shape: [3] });
      const before = apply(layers.dense({ name: 'before', units: 3 }), inputs);
      const between = apply(layers.reLU() as never, before);
      const table = layers.embedding({ name: 'words', inputDim: 5, outputDim: 1 });
      const outputs = apply(layers.flatten() as never, apply(table as never, between));
      return model({ inputs, outputs });
    },
    x: () => tf.zeros([4, 3]),
    message:
      /^Expected layer "words" \(Embedding\) to read words, got the output of a layer that trains, "before": it gives no gradient back, so that would learn nothing$/,
  },
};

test.for(Object.entries(cases))('%s', async ([, { model: make, x, y = () => tf.zeros([4, 3]), message }]) => {
  await tf.setBackend('cpu');
  const made = make();
  made.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  const failed: unknown = await fit(made, x(), y(), { workers: 1 }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Error);
  expect((failed as Error).message).toMatch(message);
  expect((failed as Error).message).not.toContain('\n');
});

test('a mask that a layer does not take is told in a notice, once.', async () => {
  const { model: make, inputs } = layerCases['an embedding whose mask ends at a convolution'];
  const masked = make();
  masked.compile({ loss: 'categoricalCrossentropy', optimizer: 'sgd' });
  const notices: string[] = [];
  const onEvent = (event: TrainEvent) => event.kind === 'notice' && notices.push(event.text);
  await fit(masked, inputs(8), targets.oneHot(8, 3), { epochs: 1, workers: 1, onEvent });
  expect(notices.filter((text) => text.includes('mask'))).toEqual([
    'layer "conv" (Conv1D) takes no mask, and is given that of "words" (Embedding): all times count in it, masked ones too, as in TensorFlow.js; a recurrent layer takes one',
  ]);
});
