import { inputEnds, outputEnds, tensorOf } from '../../model/ends.ts';
import type { Layer, Network } from '../../model/network.ts';
import type { Words } from './layers/dropout.ts';
import {
  type Compared,
  type ExampleResult,
  exampleGradient,
  exampleLoss,
  type TrainedNetwork,
} from './outputs.ts';
import { addPenaltyGradients, penaltyOf } from './penalty.ts';
import { rowOf, type ShardPass, type Values } from './rows.ts';

/** One labelled example as the float64 core takes it. */
export interface Example extends Compared {
  /** [...network.input] */
  readonly input: Float64Array;
  /** Random words for dropout and noise; without them nothing is dropped. */
  readonly words?: Words;
}

/** Examples that are computed together: only batch normalisation looks at more than one at a time, and in training. */
export interface Shard {
  readonly examples: readonly Example[];
  /** Whether dropout drops, and batch normalisation takes the examples' own mean and variance. */
  readonly isTraining: boolean;
}

/**
 * Forward through every layer, all in float64.
 * @param parameters [network.parameterCount] natural order
 * @returns one for each example
 */
export const shardLosses = (
  trained: TrainedNetwork,
  parameters: Float64Array,
  shard: Shard,
): readonly ExampleResult[] =>
  lossesOf(
    trained,
    tensorsOf(trained.network, passOf(parameters, shard)),
    shard,
    shard.isTraining ? penaltyOf(trained.network, parameters) : 0,
  );

/**
 * Forward and backward; adds the gradient of the examples' sum to `dParameters`, and of what no gradient moves how far
 * the examples moved it, times how many they are.
 * @param parameters [network.parameterCount] natural order
 * @param dParameters [network.parameterCount] natural order
 * @returns one for each example
 */
export function shardGradient(
  trained: TrainedNetwork,
  parameters: Float64Array,
  shard: Shard,
  dParameters: Float64Array,
): readonly ExampleResult[] {
  if (shard.examples.length === 0) return [];
  const { network } = trained;
  const pass = passOf(parameters, shard);
  const tensors = tensorsOf(network, pass);
  const dTensors: (Values | undefined)[] = tensors.map(() => undefined);
  const dOutputs = shard.examples.map((one, example) =>
    exampleGradient(trained, logitsOf(network, tensors, example), one),
  );
  for (const [place, { tensor }] of outputEnds(network).entries())
    dTensors[tensor] = dOutputs.map((gradients) => gradients[place]);
  for (const [index, layer] of [...network.layers.entries()].toReversed()) {
    const passed = {
      inputs: layer.reads.map((tensor) => tensors[tensor]),
      output: tensors[tensorOf(network, index)],
      dOutput: dTensors[tensorOf(network, index)] ?? [],
    };
    const dInputs = rowOf(layer).backward(layer, passed, pass, dParameters);
    for (const [place, tensor] of layer.reads.entries())
      dTensors[tensor] = sumOf(dTensors[tensor], dInputs[place]);
  }
  addPenaltyGradients(network, parameters, shard.examples.length, dParameters);
  for (const { untrained, offset, size } of network.parameters)
    if (untrained === 'frozen') dParameters.fill(0, offset, offset + size);
  return lossesOf(trained, tensors, shard, penaltyOf(network, parameters));
}

const passOf = (parameters: Float64Array, { examples, isTraining }: Shard): ShardPass => ({
  parameters,
  isTraining,
  inputs: examples.map(({ input }) => input),
  words: examples.map(({ words }) => (isTraining ? words : undefined)),
});

/** The inputs, then the output of each layer. */
function tensorsOf(network: Network, pass: ShardPass): Values[] {
  const tensors: Values[] = inputEnds(network).map(({ offset, size }) =>
    pass.inputs.map((input) => input.subarray(offset, offset + size)),
  );
  for (const layer of network.layers) tensors.push(outputOf(layer, tensors, pass));
  return tensors;
}

const outputOf = (layer: Layer, tensors: readonly Values[], pass: ShardPass): Values =>
  rowOf(layer).forward(
    layer,
    layer.reads.map((tensor) => tensors[tensor]),
    pass,
  );

/** A tensor with several readers has the sum of their gradients, the last reader's first; before it a loss's. */
const sumOf = (sum: Values | undefined, values: Values): Values =>
  sum === undefined
    ? values
    : sum.map((value, example) => value.map((one, element) => one + values[example][element]));

/** @param penalty of one example, whatever its weight */
const lossesOf = (
  trained: TrainedNetwork,
  tensors: readonly Values[],
  { examples }: Shard,
  penalty: number,
): ExampleResult[] =>
  examples.map((one, example) => {
    const result = exampleLoss(trained, logitsOf(trained.network, tensors, example), one);
    return { ...result, loss: result.loss + penalty };
  });

/** Of each output, of one example. */
const logitsOf = (network: Network, tensors: readonly Values[], example: number): Float64Array[] =>
  outputEnds(network).map(({ tensor }) => tensors[tensor][example]);
