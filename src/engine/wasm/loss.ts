import type { TargetType } from '../../data/input-type.ts';
import { knownLoss, type Loss } from '../../loss/loss.ts';
import { type Smoothing, smoothingOf } from '../../loss/smoothing.ts';
import { type TrainedOutput, trainedOutputs } from '../../loss/trained-outputs.ts';
import type { EngineContext, ExampleBatch, ExampleSums } from '../engine.ts';
import { addressOf, type Pass } from './operation/operation.ts';
import type { Program } from './program/program.ts';

type Batch = ExampleBatch & { readonly weightsOffset?: number };

/** Predictions and sums of examples [first, first + count) of a call; in training also the logits' gradient. */
export type ComputeLoss = (batch: Batch, first: number, count: number) => ExampleSums;

/** The loss of a network, on the program's logits. */
export function createLoss({ network, loss }: EngineContext, program: Program, pass: Pass): ComputeLoss {
  const outputs = trainedOutputs(network, loss);
  const parts = outputs.map((output, place) => {
    const width = { targets: network.classes, weights: outputs.length };
    return createOutputLoss({ ...output, ...program.outputs[place], place, width }, network, program, pass);
  });
  if (parts.length === 1) return parts[0];
  return (batch, first, count) => {
    const sums = parts.map((computeLoss) => computeLoss(batch, first, count).loss);
    return {
      loss: sums.reduce((total, sum, place) => total + outputs[place].weight * sum, 0),
      correct: 0,
      outputs: sums,
    };
  };
}

interface PlacedOutput extends TrainedOutput, Pick<Program['outputs'][number], 'logits' | 'dLogits'> {
  /** Its number. */
  readonly place: number;
  /** How many values an example has of all outputs. */
  readonly width: { readonly targets: number; readonly weights: number };
}

/** Of one output. */
function createOutputLoss(
  { loss, size: whole, rows, offset, weight: outputWeight, place, width, logits, dLogits }: PlacedOutput,
  { endsInSoftmax }: EngineContext['network'],
  program: Program,
  pass: Pass,
): ComputeLoss {
  const { kernels, ints, floats } = pass;
  /** Values of one row, which has a loss of its own. */
  const size = whole / rows;
  const hasSoftmax = endsInSoftmax && loss.of === 'output';

  const lossOf = createRowLoss(loss, size, program, pass);

  /** The mean of its rows' losses. */
  function exampleLoss(batch: ExampleBatch, example: number, d: number): number {
    const given = addressOf(logits, example);
    const predictions = batch.predictionsOffset + (example * width.targets + offset) * 4;
    const isClass = batch.targetType === 'class';
    const target = rowOf(pass, batch, example) * (isClass ? rows : width.targets) + (isClass ? 0 : offset);
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const at = row * size * 4;
      const ofRow = batch.targetsOffset + (target + row * (isClass ? 1 : size)) * 4;
      sum += rowLoss(batch.targetType, given + at, ofRow, predictions + at, d === 0 ? 0 : d + at);
    }
    if (d !== 0 && rows > 1) kernels.scale(d, whole, 1 / rows);
    return sum / rows;
  }

  function rowLoss(type: TargetType, given: number, target: number, predictions: number, d: number): number {
    const taken = hasSoftmax ? program.output : given;
    if (hasSoftmax) kernels.softmaxRows(given, taken, 1, size);
    const value = lossOf(type, taken, target, predictions, d);
    if (loss.of === 'output') pass.bytes.copyWithin(predictions, taken, taken + size * 4);
    else if (loss.name !== 'softmaxCrossEntropy') kernels.softmaxRows(given, predictions, 1, size);
    return value;
  }

  const weightOf = ({ weightsOffset }: Batch, row: number): number =>
    weightsOffset === undefined ? 1 : floats[weightsOffset / 4 + row * width.weights + place];

  return (batch, first, count) => {
    let sum = 0;
    let correct = 0;
    for (let example = first; example < first + count; example++) {
      const row = rowOf(pass, batch, example);
      const d = pass.training ? addressOf(dLogits, example) : 0;
      const weight = weightOf(batch, row);
      sum += weight * exampleLoss(batch, example, d);
      if (d !== 0 && hasSoftmax) kernels.softmaxRowsBackward(program.output, d, d, 1, size);
      if (d !== 0 && weight * outputWeight !== 1) kernels.scale(d, whole, weight * outputWeight);
      if (batch.targetType === 'class' && rows === 1)
        correct += kernels.isCorrect(addressOf(logits, example), size, ints[batch.targetsOffset / 4 + row]);
    }
    return { loss: sum, correct };
  };
}

/**
 * The loss of a row of predictions with the gradient where `d` is not 0. softmaxCrossEntropy leaves the softmax where the
 * predictions are.
 */
function createRowLoss(loss: Loss, size: number, program: Program, { kernels, ints, floats }: Pass) {
  const smoothing = smoothingOf(loss, size);

  function hardLoss(type: TargetType, taken: number, target: number, predictions: number, d: number): number {
    const name = knownLoss(loss);
    if (name !== 'softmaxCrossEntropy') {
      const isVector = name === 'sparseCategoricalCrossentropy' && type === 'vector';
      return kernels[name](taken, isVector ? classOf(target) : target, size, d);
    }
    return type === 'class'
      ? kernels.softmaxCrossEntropy(taken, size, ints[target / 4], predictions, d)
      : kernels.softmaxCrossEntropyOfVector(taken, size, target, predictions, d);
  }

  /** @returns the address of the class of a one-hot vector */
  function classOf(target: number): number {
    ints[program.label / 4] = floats.subarray(target / 4, target / 4 + size).indexOf(1);
    return program.label;
  }

  function smoothLoss(taken: number, target: number, predictions: number, d: number): number {
    const name = knownLoss(loss);
    if (name === 'softmaxCrossEntropy')
      return kernels.softmaxCrossEntropyOfVector(taken, size, target, predictions, d);
    if (name !== 'sparseCategoricalCrossentropy') return kernels[name](taken, target, size, d);
    return kernels.sparseCategoricalCrossentropyOfVector(taken, target, size, target + size * 4, d);
  }

  /** @returns its address */
  function smoothTarget(type: TargetType, target: number, { keep, add }: Smoothing): number {
    const at = program.smooth / 4;
    if (type === 'class') {
      floats.fill(add, at, at + size);
      floats[at + ints[target / 4]] = keep + add;
    } else for (let i = 0; i < size; i++) floats[at + i] = floats[target / 4 + i] * keep + add;
    return program.smooth;
  }

  return (type: TargetType, taken: number, target: number, predictions: number, d: number): number =>
    smoothing === undefined
      ? hardLoss(type, taken, target, predictions, d)
      : smoothLoss(taken, smoothTarget(type, target, smoothing), predictions, d);
}

/** Which row of the data set an example of the call is. */
export const rowOf = ({ ints }: Pass, { indicesOffset }: ExampleBatch, example: number): number =>
  ints[indicesOffset / 4 + example] >>> 0;
