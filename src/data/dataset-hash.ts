import { sha256 } from '../sha256.ts';
import type { Dataset } from './dataset.ts';
import type { ExampleSet } from './example-set.ts';

/**
 * SHA-256 (hex) over a data set's shape, element type, classes, inputs and labels, in the machine's byte order
 * (little-endian wherever Node.js is common); of examples with targets and weights, over those. Two data sets with the
 * same hash train alike. 60 ms for MNIST.
 */
export function dataHash(data: Dataset | ExampleSet): string {
  const { shape, count, inputType, inputs } = data;
  if ('labels' in data)
    return sha256(JSON.stringify({ shape, count, inputType, classes: data.classes }), inputs, data.labels);
  const { targetType, width, targets, weights } = data;
  const isWeighted = weights !== undefined;
  const sizes = { shape, count, inputType, targetType, width, isWeighted };
  return sha256(JSON.stringify(sizes), inputs, targets, ...(isWeighted ? [weights] : []));
}
