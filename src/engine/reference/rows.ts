import type { Layer, LayerKind, LayerKinds, MergingLayer } from '../../model/network.ts';
import type { RearrangingLayer } from '../../model/rearranging-layers.ts';
import type { RecurrentLayer } from '../../model/sequence-layers.ts';
import { activationBackward, activationForward } from './layers/activation.ts';
import { batchNormalizationBackward, batchNormalizationForward } from './layers/batch-normalization.ts';
import { conv2dBackward, conv2dForward } from './layers/conv2d.ts';
import { conv2dTransposeBackward, conv2dTransposeForward } from './layers/conv2d-transpose.ts';
import { denseBackward, denseForward } from './layers/dense.ts';
import { depthwiseConv2dBackward, depthwiseConv2dForward } from './layers/depthwise-conv2d.ts';
import { dotBackward, dotForward, l2NormalizeBackward, l2NormalizeForward } from './layers/dot.ts';
import {
  dropoutBackward,
  dropoutForward,
  noiseBackward,
  noiseForward,
  type Words,
} from './layers/dropout.ts';
import { embeddingBackward, embeddingForward } from './layers/embedding.ts';
import { layerNormalizationBackward, layerNormalizationForward } from './layers/layer-normalization.ts';
import { concatenateBackward, concatenateForward, mergingBackward, mergingForward } from './layers/merge.ts';
import { pooling2dBackward, pooling2dForward } from './layers/pooling2d.ts';
import { preluBackward, preluForward } from './layers/prelu.ts';
import {
  bilinearBackward,
  bilinearForward,
  rearrangeBackward,
  rearrangeForward,
} from './layers/rearrange.ts';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from './layers/softmax.ts';
import { maskedTimes, timeMask } from './recurrent/masking.ts';
import { recurrentBackward, recurrentForward } from './recurrent/recurrent.ts';

/** A tensor of each example of a shard. */
export type Values = readonly Float64Array[];

export interface ShardPass {
  /** [network.parameterCount] natural order */
  readonly parameters: Float64Array;
  readonly isTraining: boolean;
  readonly inputs: Values;
  /** The random words of each example; undefined where nothing is dropped. */
  readonly words: readonly (Words | undefined)[];
}

/** What a layer has computed, and its output's gradient. */
export interface Passed<Input, Output> {
  readonly inputs: Input;
  readonly output: Output;
  readonly dOutput: Output;
}

/** How a kind of layer is computed, for a whole shard. */
export interface Row<L> {
  /** @param inputs the tensors that the layer reads */
  forward(layer: L, inputs: readonly Values[], pass: ShardPass): Values;
  /**
   * Adds the parameters' gradients to `dParameters`.
   * @returns those of the inputs
   */
  backward(
    layer: L,
    passed: Passed<readonly Values[], Values>,
    pass: ShardPass,
    dParameters: Float64Array,
  ): readonly Values[];
}

const rearranging: Row<RearrangingLayer> = {
  forward: (layer, [input]) => rearrangeForward(layer, input),
  backward: (layer, { dOutput }) => [rearrangeBackward(layer, dOutput)],
};

/** The tensors of one example. */
const of = (inputs: readonly Values[], example: number): Float64Array[] =>
  inputs.map((input) => input[example]);

const merging: Row<MergingLayer> = {
  forward: (layer, inputs) => inputs[0].map((_, i) => mergingForward(layer, of(inputs, i))),
  backward(layer, { inputs, dOutput }) {
    const all = dOutput.map((d, i) => mergingBackward(layer, of(inputs, i), d));
    return inputs.map((_, place) => all.map((gradients) => gradients[place]));
  },
};

/** All kinds of recurrent layers step in the same way. */
const recurrent: Row<RecurrentLayer> = {
  forward: (layer, [input, mask], { parameters, words }) =>
    input.map((one, i) => recurrentForward(layer, parameters, { input: one, mask: mask?.[i] }, words[i])),
  backward(layer, { inputs: [input, mask], dOutput }, { parameters, words }, dParameters) {
    const dInput = input.map((one, i) => {
      const passed = { input: one, mask: mask?.[i], dOutput: dOutput[i] };
      return recurrentBackward(layer, parameters, passed, words[i], dParameters);
    });
    return mask === undefined ? [dInput] : [dInput, mask.map((one) => one.map(() => 0))];
  },
};

const rows: { readonly [K in LayerKind]: Row<LayerKinds[K]> } = {
  conv2d: {
    forward: (layer, [input], { parameters }) => input.map((one) => conv2dForward(layer, parameters, one)),
    backward: (layer, { inputs: [input], dOutput }, { parameters }, dParameters) => [
      input.map((one, i) => conv2dBackward(layer, parameters, one, dOutput[i], dParameters)),
    ],
  },
  dense: {
    forward: (layer, [input], { parameters }) => input.map((one) => denseForward(layer, parameters, one)),
    backward: (layer, { inputs: [input], dOutput }, { parameters }, dParameters) => [
      input.map((one, i) => denseBackward(layer, parameters, one, dOutput[i], dParameters)),
    ],
  },
  conv2dTranspose: {
    forward: (layer, [input], { parameters }) =>
      input.map((one) => conv2dTransposeForward(layer, parameters, one)),
    backward: (layer, { inputs: [input], dOutput }, { parameters }, dParameters) => [
      input.map((one, i) => conv2dTransposeBackward(layer, parameters, one, dOutput[i], dParameters)),
    ],
  },
  depthwiseConv2d: {
    forward: (layer, [input], { parameters }) =>
      input.map((one) => depthwiseConv2dForward(layer, parameters, one)),
    backward: (layer, { inputs: [input], dOutput }, { parameters }, dParameters) => [
      input.map((one, i) => depthwiseConv2dBackward(layer, parameters, one, dOutput[i], dParameters)),
    ],
  },
  zeroPadding2d: rearranging,
  cropping2d: rearranging,
  nearestUpSampling2d: rearranging,
  permute: rearranging,
  repeatVector: rearranging,
  broadcast: rearranging,
  slice: rearranging,
  bilinearUpSampling2d: {
    forward: (layer, [input]) => input.map((one) => bilinearForward(layer, one)),
    backward: (layer, { dOutput }) => [dOutput.map((one) => bilinearBackward(layer, one))],
  },
  maxPooling2d: {
    forward: (layer, [input]) => input.map((one) => pooling2dForward(layer, one)),
    backward: (layer, { inputs: [input], dOutput }) => [
      input.map((one, i) => pooling2dBackward(layer, one, dOutput[i])),
    ],
  },
  averagePooling2d: {
    forward: (layer, [input]) => input.map((one) => pooling2dForward(layer, one)),
    backward: (layer, { inputs: [input], dOutput }) => [
      input.map((one, i) => pooling2dBackward(layer, one, dOutput[i])),
    ],
  },
  dropout: {
    forward: (layer, [input], { words }) => input.map((one, i) => dropoutForward(layer, one, words[i])),
    backward: (layer, { dOutput }, { words }) => [
      dOutput.map((one, i) => dropoutBackward(layer, one, words[i])),
    ],
  },
  noise: {
    forward: (layer, [input], { words }) => input.map((one, i) => noiseForward(layer, one, words[i])),
    backward: (layer, { dOutput }, { words }) => [
      dOutput.map((one, i) => noiseBackward(layer, one, words[i])),
    ],
  },
  activation: {
    forward: (layer, [input]) => input.map((one) => activationForward(layer, one)),
    backward: (layer, { inputs: [input], dOutput }) => [
      input.map((one, i) => activationBackward(layer, one, dOutput[i])),
    ],
  },
  softmax: {
    forward: (layer, [input]) => input.map((one) => softmaxForward(layer, one)),
    backward: (layer, { output, dOutput }) => [
      output.map((one, i) => softmaxBackward(layer, one, dOutput[i])),
    ],
  },
  logSoftmax: {
    forward: (layer, [input]) => input.map((one) => logSoftmaxForward(layer, one)),
    backward: (layer, { output, dOutput }) => [
      output.map((one, i) => logSoftmaxBackward(layer, one, dOutput[i])),
    ],
  },
  prelu: {
    forward: (layer, [input], { parameters }) => input.map((one) => preluForward(layer, parameters, one)),
    backward: (layer, { inputs: [input], dOutput }, { parameters }, dParameters) => [
      input.map((one, i) => preluBackward(layer, parameters, one, dOutput[i], dParameters)),
    ],
  },
  add: merging,
  subtract: merging,
  multiply: merging,
  average: merging,
  maximum: merging,
  minimum: merging,
  l2Normalize: {
    forward: (layer, [input]) => input.map((one) => l2NormalizeForward(layer, one)),
    backward: (layer, { inputs: [input], dOutput }) => [
      input.map((one, i) => l2NormalizeBackward(layer, one, dOutput[i])),
    ],
  },
  dot: {
    forward: (layer, [left, right]) => left.map((one, i) => dotForward(layer, one, right[i])),
    backward(layer, { inputs: [left, right], dOutput }) {
      const both = dOutput.map((d, i) => dotBackward(layer, left[i], right[i], d));
      return [both.map(([dLeft]) => dLeft), both.map(([, dRight]) => dRight)];
    },
  },
  concatenate: {
    forward: (layer, inputs) => inputs[0].map((_, i) => concatenateForward(layer, of(inputs, i))),
    backward: (layer, { inputs, dOutput }) =>
      inputs.map((_, input) => dOutput.map((one) => concatenateBackward(layer, one, input))),
  },
  batchNormalization: {
    forward: (layer, [input], pass) => batchNormalizationForward(layer, input, pass),
    backward: (layer, { inputs: [input], dOutput }, { parameters }, dParameters) => [
      batchNormalizationBackward(layer, parameters, input, dOutput, dParameters),
    ],
  },
  layerNormalization: {
    forward: (layer, [input], { parameters }) =>
      input.map((one) => layerNormalizationForward(layer, parameters, one)),
    backward: (layer, { inputs: [input], dOutput }, { parameters }, dParameters) => [
      input.map((one, i) => layerNormalizationBackward(layer, parameters, one, dOutput[i], dParameters)),
    ],
  },
  embedding: {
    forward: (layer, [input], { parameters }) => input.map((one) => embeddingForward(layer, parameters, one)),
    backward: (layer, { inputs: [input], dOutput }, _, dParameters) => [
      input.map((one, i) => embeddingBackward(layer, one, dOutput[i], dParameters)),
    ],
  },
  mask: {
    forward: (layer, [input]) => input.map((one) => timeMask(layer, one)),
    backward: (_, { inputs: [input] }) => [input.map((one) => one.map(() => 0))],
  },
  masking: {
    forward: (layer, [input]) => input.map((one) => maskedTimes(layer, one, one)),
    backward: (layer, { inputs: [input], dOutput }) => [
      input.map((one, i) => maskedTimes(layer, one, dOutput[i])),
    ],
  },
  simpleRNN: recurrent,
  lstm: recurrent,
  gru: recurrent,
};

export const rowOf = ({ kind }: Layer): Row<Layer> => rows[kind];
