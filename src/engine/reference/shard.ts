import type { Layer, Network } from '../../model/network.ts';
import type { Loss } from '../engine.ts';
import type { Keeps } from './dropout.ts';
import { type LossResult, lossBackward, lossForward, type Target } from './loss.ts';
import { rowOf, type ShardPass, type Values } from './rows.ts';

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

/** Examples that are computed together: only batch normalisation looks at more than one at a time, and in training. */
export interface Shard {
  readonly examples: readonly Example[];
  /** Whether dropout drops, and batch normalisation takes the examples' own mean and variance. */
  readonly isTraining: boolean;
}

/** What is trained. */
export interface TrainedNetwork {
  readonly network: Network;
  readonly loss: Loss;
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
): readonly LossResult[] =>
  lossesOf(trained, lastOf(tensorsOf(trained.network, passOf(parameters, shard))), shard);

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
): readonly LossResult[] {
  if (shard.examples.length === 0) return [];
  const { network, loss } = trained;
  const { endsInSoftmax } = network;
  const pass = passOf(parameters, shard);
  const tensors = tensorsOf(network, pass);
  const dTensors: (Values | undefined)[] = tensors.map(() => undefined);
  const logits = lastOf(tensors);
  dTensors[tensors.length - 1] = shard.examples.map(({ target, weight = 1 }, example) =>
    lossBackward({ loss, endsInSoftmax }, logits[example], target).map((value) => value * weight),
  );
  for (const [index, layer] of [...network.layers.entries()].toReversed()) {
    const passed = {
      inputs: layer.reads.map((tensor) => tensors[tensor]),
      output: tensors[index + 1],
      dOutput: dTensors[index + 1] ?? [],
    };
    const dInputs = rowOf(layer).backward(layer, passed, pass, dParameters);
    for (const [place, tensor] of layer.reads.entries())
      dTensors[tensor] = sumOf(dTensors[tensor], dInputs[place]);
  }
  for (const { untrained, offset, size } of network.parameters)
    if (untrained === 'frozen') dParameters.fill(0, offset, offset + size);
  return lossesOf(trained, logits, shard);
}

const passOf = (parameters: Float64Array, { examples, isTraining }: Shard): ShardPass => ({
  parameters,
  isTraining,
  inputs: examples.map(({ input }) => input),
  keeps: examples.map(({ keeps }) => (isTraining ? keeps : undefined)),
});

/** The input, then the output of each layer. */
function tensorsOf(network: Network, pass: ShardPass): Values[] {
  const tensors: Values[] = [pass.inputs];
  for (const layer of network.layers) tensors.push(outputOf(layer, tensors, pass));
  return tensors;
}

const outputOf = (layer: Layer, tensors: readonly Values[], pass: ShardPass): Values =>
  rowOf(layer).forward(
    layer,
    layer.reads.map((tensor) => tensors[tensor]),
    pass,
  );

/** A tensor with several readers has the sum of their gradients, the last reader's first. */
const sumOf = (sum: Values | undefined, values: Values): Values =>
  sum === undefined
    ? values
    : sum.map((value, example) => value.map((one, element) => one + values[example][element]));

const lossesOf = ({ network, loss }: TrainedNetwork, logits: Values, { examples }: Shard): LossResult[] =>
  examples.map(({ target, weight = 1 }, example) => {
    const { endsInSoftmax } = network;
    const result = lossForward({ loss, endsInSoftmax }, logits[example], target);
    return { ...result, loss: result.loss * weight };
  });

const lastOf = (tensors: readonly Values[]): Values => tensors[tensors.length - 1];
