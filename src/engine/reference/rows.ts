import type { Layer, LayerKind, LayerKinds } from '../../model/network.ts';
import { activationBackward, activationForward } from './activation.ts';
import { batchNormalizationBackward, batchNormalizationForward } from './batch-normalization.ts';
import { conv2dBackward, conv2dForward } from './conv2d.ts';
import { denseBackward, denseForward } from './dense.ts';
import { dropoutBackward, dropoutForward, type Keeps } from './dropout.ts';
import { addForward, concatenateBackward, concatenateForward } from './merge.ts';
import { pooling2dBackward, pooling2dForward } from './pooling2d.ts';

/** A tensor of each example of a shard. */
export type Values = readonly Float64Array[];

export interface ShardPass {
  /** [network.parameterCount] natural order */
  readonly parameters: Float64Array;
  readonly isTraining: boolean;
  readonly inputs: Values;
  /** The dropout masks of each example; undefined where nothing is dropped. */
  readonly keeps: readonly (Keeps | undefined)[];
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
    forward: (layer, [input], { keeps }) => input.map((one, i) => dropoutForward(layer, one, keeps[i])),
    backward: (layer, { dOutput }, { keeps }) => [
      dOutput.map((one, i) => dropoutBackward(layer, one, keeps[i])),
    ],
  },
  activation: {
    forward: ({ activation }, [input]) => input.map((one) => activationForward(activation, one)),
    backward: ({ activation }, { output, dOutput }) => [
      output.map((one, i) => activationBackward(activation, one, dOutput[i])),
    ],
  },
  leakyReLU: {
    forward: ({ alpha }, [input]) => input.map((one) => one.map((x) => (x < 0 ? alpha * x : x))),
    backward: ({ alpha }, { inputs: [input], dOutput }) => [
      input.map((one, i) => one.map((x, element) => (x > 0 ? 1 : alpha) * dOutput[i][element])),
    ],
  },
  add: {
    forward: (_, inputs) => addForward(inputs),
    backward: (_, { inputs, dOutput }) => inputs.map(() => dOutput),
  },
  concatenate: {
    forward: (layer, inputs) =>
      inputs[0].map((_, i) =>
        concatenateForward(
          layer,
          inputs.map((input) => input[i]),
        ),
      ),
    backward: (layer, { inputs, dOutput }) =>
      inputs.map((_, input) => dOutput.map((one) => concatenateBackward(layer, one, input))),
  },
  batchNormalization: {
    forward: (layer, [input], pass) => batchNormalizationForward(layer, input, pass),
    backward: (layer, { inputs: [input], dOutput }, { parameters }, dParameters) => [
      batchNormalizationBackward(layer, parameters, input, dOutput, dParameters),
    ],
  },
};

export const rowOf = ({ kind }: Layer): Row<Layer> => rows[kind];
