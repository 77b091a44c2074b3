/** The examples of a test set that a model is most wrong about. */

export interface Mistake {
  /** Its place in the set. */
  readonly example: number;
  readonly label: number;
  readonly predicted: number;
  /** Of the wrong class. */
  readonly probability: number;
}

/**
 * @param predictions [count, classes] probabilities
 * @param labels [count]
 * @returns the worst first; of equals the first in the set
 */
export function worstMistakes(
  predictions: Float32Array,
  labels: Uint32Array,
  classes: number,
  most: number,
): Mistake[] {
  const mistakes: Mistake[] = [];
  labels.forEach((label, example) => {
    const own = predictions.subarray(example * classes, (example + 1) * classes);
    const probability = own.reduce((largest, value) => Math.max(largest, value));
    const predicted = own.indexOf(probability);
    if (predicted !== label) mistakes.push({ example, label, predicted, probability });
  });
  return mistakes.sort((a, b) => b.probability - a.probability || a.example - b.example).slice(0, most);
}
