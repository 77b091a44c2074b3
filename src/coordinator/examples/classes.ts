/** What a classifier makes of examples, out of its predictions. */
import type { Loss } from '../../loss/loss.ts';
import { lossTraits } from '../../loss/traits.ts';

/**
 * The first of the most probable classes of each example.
 * @param predictions [count, outputs]
 * @param outputs one output tells two classes apart
 */
export function classesOf(predictions: Float32Array, outputs: number, loss: Loss['name']): Uint32Array {
  const border = borderOf(loss);
  return Uint32Array.from({ length: predictions.length / outputs }, (_, example) => {
    const row = predictions.subarray(example * outputs, (example + 1) * outputs);
    if (outputs === 1) return row[0] > border ? 1 : 0;
    return row.indexOf(row.reduce((largest, value) => Math.max(largest, value)));
  });
}

/** From where on one output says class 1, with the losses that tell two classes apart by it. */
function borderOf(loss: Loss['name']): number {
  const { takes } = lossTraits[loss];
  if (takes === 'logits' || takes === 'margins') return 0;
  return takes === 'probabilities' ? 0.5 : Number.POSITIVE_INFINITY;
}

/**
 * How many examples of each class were taken for which.
 * @param labels [count]
 * @param predicted [count]
 * @returns [classes][classes] by true class, then by predicted class
 */
export function confusionMatrix(labels: Uint32Array, predicted: Uint32Array, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, example) => {
    matrix[label][predicted[example]]++;
  });
  return matrix;
}
