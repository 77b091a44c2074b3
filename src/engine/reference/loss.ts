import { largestOf, softmax, sum } from '../../loss/functions/loss-function.ts';
import { knownLoss, type Loss } from '../../loss/loss.ts';
import { lossFunctions } from '../../loss/loss-functions.ts';
import { smoothingOf } from '../../loss/smoothing.ts';

/** A class number, or [n] values; of an output of several rows their class numbers, or [rows * n] values. */
export type Target = number | Uint32Array | Float64Array;

export interface LossResult {
  /** [n] the model's output; for a loss of the logits, their softmax. */
  readonly predictions: Float64Array;
  readonly loss: number;
  /** Whether the first of the largest logits is that of the target, a class; false for vectors. */
  readonly correct: boolean;
}

/** What a loss is taken of. */
export interface LossContext {
  readonly loss: Loss;
  /** Whether the model has a softmax behind the logits. */
  readonly endsInSoftmax: boolean;
  /** Rows of the output, whose losses' mean is the example's. Default 1. */
  readonly rows?: number;
}

/** @param logits [n], or [rows, n] */
export function lossForward(context: LossContext, logits: Float64Array, target: Target): LossResult {
  const { rows = 1 } = context;
  if (rows > 1) {
    const results = eachRow(rows, logits, target, (row, of) => lossForward({ ...context, rows: 1 }, row, of));
    const predictions = Float64Array.from(results.flatMap((result) => [...result.predictions]));
    return { predictions, loss: sum(Float64Array.from(results, ({ loss }) => loss)) / rows, correct: false };
  }
  const { of } = context.loss;
  const name = knownLoss(context.loss);
  const taken = takesSoftmax(context) ? softmax(logits) : logits;
  return {
    predictions: of === 'logits' ? softmax(logits) : taken,
    loss: lossFunctions[name].forward(taken, vectorOf(context, target, logits.length)),
    correct: logits.indexOf(largestOf(logits)) === target,
  };
}

/** @returns dLogits [n], or [rows, n] */
export function lossBackward(context: LossContext, logits: Float64Array, target: Target): Float64Array {
  const { rows = 1 } = context;
  if (rows > 1) {
    const one = { ...context, rows: 1 };
    const d = eachRow(rows, logits, target, (row, of) => lossBackward(one, row, of));
    return Float64Array.from(
      d.flatMap((row) => [...row]),
      (value) => value / rows,
    );
  }
  const { backward } = lossFunctions[knownLoss(context.loss)];
  const vector = vectorOf(context, target, logits.length);
  if (!takesSoftmax(context)) return backward(logits, vector);
  const output = softmax(logits);
  return softmaxBackward(output, backward(output, vector));
}

function eachRow<T>(
  rows: number,
  logits: Float64Array,
  target: Target,
  visit: (logits: Float64Array, target: Target) => T,
): T[] {
  const size = logits.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const [start, end] = [row * size, (row + 1) * size];
    const ofRow = target instanceof Float64Array ? target.subarray(start, end) : (target as Uint32Array)[row];
    return visit(logits.subarray(start, end), ofRow);
  });
}

const takesSoftmax = ({ loss, endsInSoftmax }: LossContext): boolean => endsInSoftmax && loss.of === 'output';

/** dLogits[i] = p[i] * (dP[i] - sum of p * dP) */
function softmaxBackward(p: Float64Array, dP: Float64Array): Float64Array {
  const along = sum(dP.map((d, i) => d * p[i]));
  return p.map((probability, i) => probability * (dP[i] - along));
}

/** As the loss takes it. */
function vectorOf({ loss }: LossContext, target: Target, length: number): Float64Array {
  const given =
    target instanceof Float64Array ? target : Float64Array.from({ length }, (_, i) => Number(i === target));
  const smoothing = smoothingOf(loss, length);
  return smoothing === undefined ? given : given.map((value) => value * smoothing.keep + smoothing.add);
}
