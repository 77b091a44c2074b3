import { gridOf, type Picture } from '../../formats/picture.ts';
import { sizeOf } from '../../shape.ts';
import type { Dataset } from '../dataset.ts';

/** Rows and columns of the picture, of small examples. */
const mostSide = 10;
/** A larger picture opens slowly. */
const mostPixels = 2 ** 24;

/**
 * A picture of examples: a row for each class, in their order, with its first ones; of more than ten classes the first
 * example of each, a hundred at most.
 * @throws GradpoolError for examples that are no pictures
 */
export function examplesGrid(data: Dataset): Picture {
  const { shape, classes } = data;
  const side = Math.max(1, Math.min(mostSide, Math.floor(Math.sqrt(mostPixels / (shape[0] * shape[1])))));
  const chosen = classes > side ? oneOfEach(data, side * side) : rowsOf(data, side);
  const size = sizeOf(shape);
  const images = new Float32Array(chosen.length * size);
  for (const [place, example] of chosen.entries())
    if (example !== undefined) images.set(scaled(data, example), place * size);
  return gridOf(images, shape, side);
}

function rowsOf({ labels, classes }: Dataset, side: number): (number | undefined)[] {
  const rows = Array.from({ length: classes }, (): number[] => []);
  for (let example = 0; example < labels.length; example++)
    if (rows[labels[example]].length < side) rows[labels[example]].push(example);
  return rows.flatMap((row) => Array.from({ length: side }, (_, column) => row[column]));
}

function oneOfEach({ labels }: Dataset, most: number): number[] {
  const first = new Map<number, number>();
  for (let example = 0; example < labels.length; example++)
    if (!first.has(labels[example])) first.set(labels[example], example);
  return [...first]
    .sort(([a], [b]) => a - b)
    .map(([, example]) => example)
    .slice(0, most);
}

/** Values from 0 to 1: bytes by what they stand for, others between the example's least and largest one. */
function scaled({ inputs, inputType, shape }: Dataset, example: number): Float32Array {
  const size = sizeOf(shape);
  const values = Float32Array.from(inputs.subarray(example * size, (example + 1) * size));
  if (inputType === 'uint8') return values.map((value) => value / 255);
  const least = values.reduce((a, b) => Math.min(a, b));
  const range = values.reduce((a, b) => Math.max(a, b)) - least || 1;
  return values.map((value) => (value - least) / range);
}
