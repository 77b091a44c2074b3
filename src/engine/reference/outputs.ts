/** The loss of an example: of the only output, or the sum over several, each times its weight. */
import type { ModelLoss } from '../../loss/loss.ts';
import { type TrainedOutput, trainedOutputs } from '../../loss/trained-outputs.ts';
import type { Network } from '../../model/network.ts';
import { type LossResult, lossBackward, lossForward, type Target } from './loss.ts';

/** What is trained. */
export interface TrainedNetwork {
  readonly network: Network;
  readonly loss: ModelLoss;
}

/** What an example is compared with. */
export interface Compared {
  /** Of several outputs [network.classes] values, one output's behind the other's. */
  readonly target: Target;
  /** What the loss of each output is multiplied by. Default 1. */
  readonly weights?: readonly number[];
}

export interface ExampleResult extends LossResult {
  /** Of several outputs the loss of each, without what the model's loss takes it times. */
  readonly outputs: readonly number[];
}

/** @param logits [outputs], of one example */
export function exampleLoss(
  trained: TrainedNetwork,
  logits: readonly Float64Array[],
  { target, weights = [] }: Compared,
): ExampleResult {
  const outputs = trainedOutputs(trained.network, trained.loss);
  const results = outputs.map((output, place) => {
    const result = lossForward(contextOf(trained, output), logits[place], targetOf(output, target));
    return { ...result, loss: result.loss * (weights[place] ?? 1) };
  });
  if (results.length === 1) return { ...results[0], outputs: [] };
  return {
    predictions: Float64Array.from(results.flatMap(({ predictions }) => [...predictions])),
    loss: results.reduce((sum, { loss }, place) => sum + outputs[place].weight * loss, 0),
    correct: false,
    outputs: results.map(({ loss }) => loss),
  };
}

/** @returns dLogits of each output */
export function exampleGradient(
  trained: TrainedNetwork,
  logits: readonly Float64Array[],
  { target, weights = [] }: Compared,
): Float64Array[] {
  return trainedOutputs(trained.network, trained.loss).map((output, place) => {
    const factor = output.weight * (weights[place] ?? 1);
    const gradient = lossBackward(contextOf(trained, output), logits[place], targetOf(output, target));
    return gradient.map((value) => value * factor);
  });
}

const contextOf = ({ network: { endsInSoftmax } }: TrainedNetwork, { loss, rows }: TrainedOutput) => ({
  ...{ loss, rows, endsInSoftmax },
});

const targetOf = ({ offset, size }: TrainedOutput, target: Target): Target =>
  target instanceof Float64Array ? target.subarray(offset, offset + size) : target;
