import type { EngineContext, ExampleBatch, ExampleSums, TargetType } from '../engine.ts';
import { addressOf, type Pass } from './operation.ts';
import type { Program } from './program.ts';

/** Predictions and sums of examples [first, first + count) of a call; in training also the logits' gradient. */
export type ComputeLoss = (
  batch: ExampleBatch & { readonly weightsOffset?: number },
  first: number,
  count: number,
) => ExampleSums;

/** The loss of a network, on the program's logits. */
export function createLoss({ network, loss }: EngineContext, program: Program, pass: Pass): ComputeLoss {
  const { kernels, ints, floats } = pass;
  const size = network.classes;
  const hasSoftmax = network.endsInSoftmax && loss.of === 'output';
  const targetWords = (batch: ExampleBatch) => (batch.targetType === 'class' ? 1 : size);

  /** softmaxCrossEntropy leaves the softmax where the predictions are. */
  function lossOf(type: TargetType, taken: number, target: number, predictions: number, d: number): number {
    if (loss.name !== 'softmaxCrossEntropy') return kernels[loss.name](taken, target, size, d);
    return type === 'class'
      ? kernels.softmaxCrossEntropy(taken, size, ints[target / 4], predictions, d)
      : kernels.softmaxCrossEntropyOfVector(taken, size, target, predictions, d);
  }

  function exampleLoss(batch: ExampleBatch, logits: number, row: number, predictions: number, d: number) {
    const taken = hasSoftmax ? program.output : logits;
    if (hasSoftmax) kernels.softmax(logits, size, taken);
    const target = batch.targetsOffset + row * targetWords(batch) * 4;
    const value = lossOf(batch.targetType, taken, target, predictions, d);
    if (loss.of === 'output') pass.bytes.copyWithin(predictions, taken, taken + size * 4);
    else if (loss.name !== 'softmaxCrossEntropy') kernels.softmax(logits, size, predictions);
    return value;
  }

  return (batch, first, count) => {
    let sum = 0;
    let correct = 0;
    for (let example = first; example < first + count; example++) {
      const logits = addressOf(program.logits, example);
      const row = rowOf(pass, batch, example);
      const dLogits = pass.training ? addressOf(program.dLogits, example) : 0;
      const weight = batch.weightsOffset === undefined ? 1 : floats[batch.weightsOffset / 4 + row];
      sum += weight * exampleLoss(batch, logits, row, batch.predictionsOffset + example * size * 4, dLogits);
      if (dLogits !== 0 && hasSoftmax) kernels.softmaxBackward(program.output, dLogits, size);
      if (dLogits !== 0 && weight !== 1) kernels.scale(dLogits, size, weight);
      if (batch.targetType === 'class')
        correct += kernels.isCorrect(logits, size, ints[batch.targetsOffset / 4 + row]);
    }
    return { loss: sum, correct };
  };
}

/** Which row of the data set an example of the call is. */
export const rowOf = ({ ints }: Pass, { indicesOffset }: ExampleBatch, example: number): number =>
  ints[indicesOffset / 4 + example] >>> 0;
