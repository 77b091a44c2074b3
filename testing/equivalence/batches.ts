import { epochOrder } from '../../src/data/order.ts';

/** The data set's rows that each step takes, written the plain way: epoch after epoch, the last batch what is left. */
export function plainBatches(seed: number, examples: number, batchSize: number, steps: number): number[][] {
  const batches: number[][] = [];
  for (let epoch = 0; batches.length < steps; epoch++) {
    const order = new Uint32Array(examples);
    epochOrder(seed, epoch, examples, order);
    for (let start = 0; start < examples; start += batchSize)
      batches.push([...order.subarray(start, start + batchSize)]);
  }
  return batches.slice(0, steps);
}
