/**
 * MNIST's first digits, each at a place of its own in an image of 32 x 32 and in a colour of its own, on a background
 * of another colour with noise: no value is zero, so that nothing can be skipped that is not there.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../../../src/data/dataset.ts';
import { mnist } from '../../../src/data/mnist.ts';
import { idx, type Random, randomNumbers } from './idx.ts';

const counts = { train: 20_000, t10k: 1000 };
const [side, digitSide, channels] = [32, 28, 3];

/** Writes the four files, the same bytes each time. */
export async function writeColouredDigits(directory: string): Promise<void> {
  const { train, test } = await mnist();
  for (const [part, digits, count] of [
    ['train', train, counts.train],
    ['t10k', test, counts.t10k],
  ] as const) {
    const images = idx('uint8', [count, side, side, channels], colouredImages(digits, count));
    writeFileSync(join(directory, `${part}-images-idx4-ubyte`), images);
    const labels = idx('uint8', [count], Uint8Array.from(digits.labels.subarray(0, count)));
    writeFileSync(join(directory, `${part}-labels-idx1-ubyte`), labels);
  }
}

/** @returns [count, side, side, channels] */
function colouredImages({ inputs }: Dataset, count: number): Uint8Array {
  const random = randomNumbers();
  const size = side * side * channels;
  const images = new Uint8Array(count * size);
  for (let image = 0; image < count; image++) {
    const digit = inputs.subarray(image * digitSide ** 2, (image + 1) * digitSide ** 2);
    draw(digit, images.subarray(image * size, (image + 1) * size), random);
  }
  return images;
}

function draw(digit: ArrayLike<number>, image: Uint8Array, random: Random): void {
  const [top, left] = [random(side - digitSide + 1), random(side - digitSide + 1)];
  const colour = (least: number) => Array.from({ length: channels }, () => least + random(96));
  const [paper, ink] = [colour(1), colour(128)];
  for (let at = 0; at < image.length; at++) {
    const channel = at % channels;
    const y = Math.floor(at / (side * channels)) - top;
    const x = (Math.floor(at / channels) % side) - left;
    const isInside = y >= 0 && y < digitSide && x >= 0 && x < digitSide;
    const share = isInside ? digit[y * digitSide + x] / 255 : 0;
    image[at] = paper[channel] + share * (ink[channel] - paper[channel]) + random(32);
  }
}
