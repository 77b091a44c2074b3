import { sha256 } from '../sha256.ts';
import type { Dataset } from './dataset.ts';

/**
 * SHA-256 (hex) over a data set's shape, element type, classes, inputs and labels, in the machine's byte order
 * (little-endian wherever Node.js is common). Two data sets with the same hash train alike. 60 ms for MNIST.
 */
export const dataHash = ({ shape, count, inputType, classes, inputs, labels }: Dataset): string =>
  sha256(JSON.stringify({ shape, count, inputType, classes }), inputs, labels);
