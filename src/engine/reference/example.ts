import type { Layer, Network } from '../../model/network.ts';
import type { Loss } from '../engine.ts';
import { activationBackward, activationForward } from './activation.ts';
import { conv2dBackward, conv2dForward } from './conv2d.ts';
import { denseBackward, denseForward } from './dense.ts';
import { dropoutBackward, dropoutForward, type Keeps } from './dropout.ts';
import { type LossResult, lossBackward, lossForward, type Target } from './loss.ts';
import { pooling2dBackward, pooling2dForward } from './pooling2d.ts';

/** One labelled example as the float64 core takes it. */
export interface Example {
  /** [...network.input] */
  readonly input: Float64Array;
  readonly target: Target;
  /** What its loss is multiplied by. Default 1. */
  readonly weight?: number;
  /** The dropout masks; without them nothing is dropped. */
  readonly keeps?: Keeps;
}

/** What is trained. */
export interface TrainedNetwork {
  readonly network: Network;
  readonly loss: Loss;
}

/**
 * Forward through every layer, all in float64.
 * @param parameters [network.parameterCount] natural order
 */
export const exampleLoss = (
  { network, loss }: TrainedNetwork,
  parameters: Float64Array,
  example: Example,
): LossResult => lossOf(network, loss, activationsOf(network, parameters, example), example);

/**
 * Forward and backward; adds the example's gradient to `dParameters`.
 * @param parameters [network.parameterCount] natural order
 * @param dParameters [network.parameterCount] natural order
 */
export function exampleGradient(
  { network, loss }: TrainedNetwork,
  parameters: Float64Array,
  example: Example,
  dParameters: Float64Array,
): LossResult {
  const { target, weight = 1 } = example;
  const activations = activationsOf(network, parameters, example);
  const result = lossOf(network, loss, activations, example);
  const { endsInSoftmax } = network;
  let d: Float64Array = lossBackward({ loss, endsInSoftmax }, lastOf(activations), target);
  d = d.map((value) => value * weight);
  for (let i = network.layers.length - 1; i >= 0; i--)
    d = layerBackward(
      network.layers[i],
      parameters,
      activations[i],
      activations[i + 1],
      d,
      dParameters,
      example.keeps,
    );
  return result;
}

/** The input, then the output of each layer. */
function activationsOf(
  network: Network,
  parameters: Float64Array,
  { input, keeps }: Example,
): Float64Array[] {
  const activations = [input];
  for (const [i, layer] of network.layers.entries())
    activations.push(layerForward(layer, parameters, activations[i], keeps));
  return activations;
}

function lossOf(
  { endsInSoftmax }: Network,
  loss: Loss,
  activations: readonly Float64Array[],
  { target, weight = 1 }: Example,
): LossResult {
  const result = lossForward({ loss, endsInSoftmax }, lastOf(activations), target);
  return { ...result, loss: result.loss * weight };
}

const lastOf = (activations: readonly Float64Array[]): Float64Array => activations[activations.length - 1];

function layerForward(layer: Layer, parameters: Float64Array, input: Float64Array, keeps: Keeps | undefined) {
  switch (layer.kind) {
    case 'conv2d':
      return conv2dForward(layer, parameters, input);
    case 'maxPooling2d':
    case 'averagePooling2d':
      return pooling2dForward(layer, input);
    case 'dense':
      return denseForward(layer, parameters, input);
    case 'dropout':
      return dropoutForward(layer, input, keeps);
    case 'activation':
      return activationForward(layer.activation, input);
  }
}

function layerBackward(
  layer: Layer,
  parameters: Float64Array,
  input: Float64Array,
  output: Float64Array,
  dOutput: Float64Array,
  dParameters: Float64Array,
  keeps: Keeps | undefined,
) {
  switch (layer.kind) {
    case 'conv2d':
      return conv2dBackward(layer, parameters, input, dOutput, dParameters);
    case 'maxPooling2d':
    case 'averagePooling2d':
      return pooling2dBackward(layer, input, dOutput);
    case 'dense':
      return denseBackward(layer, parameters, input, dOutput, dParameters);
    case 'dropout':
      return dropoutBackward(layer, dOutput, keeps);
    case 'activation':
      return activationBackward(layer.activation, output, dOutput);
  }
}
