import { inputError } from '../../errors.ts';
import type { Loss, LossName, ModelLoss } from '../../loss/loss.ts';
import { type TrainedOutput, trainedOutputs } from '../../loss/trained-outputs.ts';
import { lossTraits } from '../../loss/traits.ts';
import { inputEnds } from '../../model/ends.ts';
import type { Layer, Network } from '../../model/network.ts';

/**
 * @param isLabelled whether an example has one label, and not a target for each row of the output
 * @throws GradpoolError for a loss of vectors, or over classes, of a model that gives none
 */
export function checkOutputs(network: Network, loss: ModelLoss, isLabelled: boolean): void {
  for (const output of trainedOutputs(network, loss))
    checkOutput(output, layerOf(network, output), isLabelled);
}

/** None where the embedded engines do not know the layers. */
const layerOf = (network: Network, { tensor }: TrainedOutput): Layer | undefined =>
  network.layers[tensor - inputEnds(network).length];

function checkOutput(
  { loss: { name: loss }, shape: output }: TrainedOutput,
  last: Layer | undefined,
  isLabelled: boolean,
): void {
  const { of } = lossTraits[loss];
  const isOfVectors = output.length === 1 || !isLabelled;
  if (of === 'values' || (isOfVectors && (of === 'vectors' || output[output.length - 1] >= 2))) return;
  const from = last === undefined ? '' : ` from its last layer, ${JSON.stringify(last.name)}`;
  const wanted = of === 'vectors' ? 'a vector' : 'a vector of 2 or more classes';
  throw inputError(
    `Expected a model whose output is ${wanted} for the loss ${loss}, got an output of shape [${output.join(', ')}]${from}`,
  );
}

/** Those that take probabilities, each with the one that takes logits instead. */
const overProbabilities: Partial<Readonly<Record<Loss['name'], LossName>>> = {
  categoricalCrossentropy: 'softmaxCrossEntropy',
  sparseCategoricalCrossentropy: 'softmaxCrossEntropy',
  kullbackLeiblerDivergence: 'softmaxCrossEntropy',
  binaryCrossentropy: 'sigmoidCrossEntropy',
  logLoss: 'sigmoidCrossEntropy',
};

/** What is allowed of a model's end and yet is surely not meant with a loss, a sentence each. */
export function outputDoubts(network: Network, loss: ModelLoss): string[] {
  return trainedOutputs(network, loss).flatMap((output) => {
    const last = layerOf(network, output);
    return last === undefined ? [] : doubtsOf(output.loss.name, last, network.endsInSoftmax);
  });
}

function doubtsOf(loss: Loss['name'], last: Layer, endsInSoftmax: boolean): string[] {
  const isActivated = last.kind === 'activation' && ['sigmoid', 'hardSigmoid'].includes(last.activation);
  const givesProbabilities = endsInSoftmax || last.kind === 'softmax' || isActivated;
  const instead = overProbabilities[loss];
  if (instead !== undefined && !givesProbabilities)
    return [
      `the loss ${loss} takes probabilities, and the model's last layer, ${JSON.stringify(last.name)}, gives none: end the model in softmax or sigmoid, or take the loss ${instead}`,
    ];
  if (loss === 'sigmoidCrossEntropy' && givesProbabilities)
    return [
      `the loss ${loss} takes logits, and the model ends in probabilities: leave out its last activation, or take the loss binaryCrossentropy`,
    ];
  return [];
}

/** What is surely not meant with a loss and labels. */
export const labelDoubts = (loss: LossName): string[] =>
  loss === 'hinge' || loss === 'squaredHinge'
    ? [
        `the loss ${loss} takes targets of -1 and 1, and labels give 0 and 1: take the loss hingeLoss, or softmaxCrossEntropy`,
      ]
    : [];
