/**
 * Draws images in CIFAR-10's binary form: 32 x 32 pixels in colour, ten classes, which are a shape and its texture. They
 * stand in for CIFAR-10, whose files take their place as they are.
 *
 *     node draw-data.js DIRECTORY [TRAINING IMAGES] [TEST IMAGES]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory = 'data', training = '500', test = '100'] = process.argv.slice(2);
const side = 32;

/** By the distance from the middle, across and down, in parts of the size: whether a pixel belongs to it. */
const shapes = {
  disc: (/** @type {number} */ x, /** @type {number} */ y) => x * x + y * y < 1,
  ring: (/** @type {number} */ x, /** @type {number} */ y) => Math.abs(x * x + y * y - 0.7) < 0.3,
  square: (/** @type {number} */ x, /** @type {number} */ y) => Math.max(Math.abs(x), Math.abs(y)) < 0.85,
  cross: (/** @type {number} */ x, /** @type {number} */ y) => Math.min(Math.abs(x), Math.abs(y)) < 0.3,
  triangle: (/** @type {number} */ x, /** @type {number} */ y) => y < 0.8 && y > 2 * Math.abs(x) - 0.9,
};
/** Whether a pixel is bright. */
const textures = {
  plain: () => true,
  striped: (/** @type {number} */ row, /** @type {number} */ column) => (row + column) % 4 < 2,
};

const classes = Object.entries(textures).flatMap(([texture, isBright]) =>
  Object.entries(shapes).map(([shape, isInside]) => ({ name: `${texture}_${shape}`, isInside, isBright })),
);

let state = 1;
/** From 0 to less than `end` (Marsaglia's xorshift). */
function random(/** @type {number} */ end) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % end;
}

/** A record: the class, then all red, all green and all blue values, row by row. */
function draw(/** @type {number} */ label) {
  const { isInside, isBright } = classes[label];
  const record = Buffer.alloc(1 + 3 * side * side);
  record[0] = label;
  const [middleRow, middleColumn, size] = [12 + random(8), 12 + random(8), 7 + random(5)];
  const [ground, colour] = [0, 100].map((least) => [0, 1, 2].map(() => least + random(120)));
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const inside = isInside((column - middleColumn) / size, (row - middleRow) / size);
      const values = inside && isBright(row, column) ? colour : ground;
      for (let channel = 0; channel < 3; channel++)
        record[1 + (channel * side + row) * side + column] = values[channel] + random(30);
    }
  return record;
}

const images = (/** @type {string} */ count) =>
  Buffer.concat(Array.from({ length: Number(count) }, (_, image) => draw(image % classes.length)));

mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'data_batch_1.bin'), images(training));
writeFileSync(join(directory, 'test_batch.bin'), images(test));
writeFileSync(join(directory, 'batches.meta.txt'), `${classes.map(({ name }) => name).join('\n')}\n`);
console.log(`${training} training and ${test} test images of ${classes.length} classes in ${directory}`);
