/**
 * Models with constraints, and what TensorFlow.js makes of them. Its model.fit leaves constraints out, so each batch is
 * trained on by its trainOnBatch, and all weights are then written as they are: it applies constraints where weights are
 * written.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  constraints,
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { chain, type LayerCase, reals } from './layer-models.ts';
import { setWeights, targets, weightsOf } from './models.ts';

const { maxNorm, minMaxNorm, nonNeg, unitNorm } = constraints;
/** tfjs takes several axes, and its types one. */
const axes = (...list: number[]) => list as unknown as number;
const plainStart = { recurrentInitializer: 'glorotNormal' } as const;

export const constrainedCases: Readonly<Record<string, LayerCase>> = {
  'dense layers': {
    model: () =>
      chain(
        layers.dense({
          inputShape: [7],
          units: 19,
          kernelConstraint: maxNorm({ maxValue: 0.6 }),
          biasConstraint: 'nonNeg',
        }),
        layers.dense({
          units: 6,
          activation: 'tanh',
          kernelConstraint: minMaxNorm({ minValue: 0.4, maxValue: 0.8, rate: 0.7, axis: 1 }),
        }),
        layers.dense({ units: 5, kernelConstraint: 'unitNorm' }),
      ),
    inputs: reals(7),
  },
  'convolutions and batch normalization': {
    model: () =>
      chain(
        layers.conv2d({
          inputShape: [6, 5, 2],
          filters: 5,
          kernelSize: 3,
          kernelConstraint: unitNorm({ axis: axes(0, 1, 2) }),
        }),
        layers.depthwiseConv2d({ kernelSize: 2, depthwiseConstraint: nonNeg() }),
        layers.conv2dTranspose({
          filters: 4,
          kernelSize: 3,
          kernelConstraint: maxNorm({ maxValue: 0.5, axis: axes(0, 1, 3) }),
        }),
        layers.separableConv2d({
          filters: 4,
          kernelSize: 2,
          pointwiseConstraint: maxNorm({ maxValue: 0.4, axis: 2 }),
        }),
        layers.batchNormalization({ gammaConstraint: 'nonNeg', betaConstraint: maxNorm({ maxValue: 0.1 }) }),
        layers.flatten(),
      ),
    inputs: reals(6, 5, 2),
  },
  'recurrent layers': {
    model: () =>
      chain(
        layers.lstm({
          ...plainStart,
          inputShape: [4, 3],
          units: 5,
          returnSequences: true,
          kernelConstraint: maxNorm({ maxValue: 0.9 }),
          recurrentConstraint: 'unitNorm',
          biasConstraint: 'nonNeg',
        }),
        layers.timeDistributed({ layer: layers.dense({ units: 4, kernelConstraint: 'unitNorm' }) }),
        layers.gru({ ...plainStart, units: 4, recurrentConstraint: maxNorm({ maxValue: 0.7, axis: 1 }) }),
      ),
    inputs: reals(4, 3),
  },
  'a layer that is called twice': {
    model: () => {
      const image = input({ shape: [5] });
      const shared = layers.dense({ units: 5, activation: 'tanh', kernelConstraint: 'unitNorm' });
      const twice = shared.apply(shared.apply(image));
      return model({
        inputs: image,
        outputs: layers.dense({ units: 3, activation: 'softmax' }).apply(twice) as SymbolicTensor,
      });
    },
    inputs: reals(5),
  },
};

export const sizes = { examples: 22, batchSize: 8, epochs: 10 } as const;

export const constrainedData = ({ inputs }: LayerCase) =>
  [inputs(sizes.examples), targets.oneHot(sizes.examples, 3)] as const;

/** The mean loss of each epoch, and the weights at the end. */
export async function trainPlainly(one: LayerCase): Promise<{ losses: number[]; weights: Float32Array[] }> {
  const { examples, batchSize, epochs } = sizes;
  const plain = compiled(one);
  const [x, y] = constrainedData(one);
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0;
    for (let first = 0; first < examples; first += batchSize) {
      const count = Math.min(batchSize, examples - first);
      const loss = await plain.trainOnBatch(tf.slice(x, first, count), tf.slice(y, first, count));
      sum += (loss as number) * count;
      plain.setWeights(plain.getWeights().map((weight) => tf.clone(weight)));
    }
    losses.push(sum / examples);
  }
  return { losses, weights: weightsOf(plain) };
}

export function compiled({ model: make }: LayerCase): LayersModel {
  const made = make();
  setWeights(made, 6);
  made.compile({ loss: 'categoricalCrossentropy', optimizer: tf.train.momentum(0.1, 0.5) });
  return made;
}
