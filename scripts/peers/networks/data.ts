import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mnistDirectory } from '../mnist-directory.ts';
import { writeColouredDigits } from './coloured-digits.ts';
import { idx, randomNumbers } from './idx.ts';

/** What the networks are trained on: digits, or random values of a shape with random classes. */
export type PeerData = 'mnist' | 'colouredDigits' | 'vectors' | 'sequences' | 'words';

/** @returns a directory with the data in MNIST's form, written into `folder` where they are not there yet */
export const directoryOf: Record<PeerData, (folder: string) => string | Promise<string>> = {
  mnist: () => mnistDirectory,
  async colouredDigits(folder) {
    const directory = made(folder);
    await writeColouredDigits(directory);
    return directory;
  },
  vectors: (folder) => writeRandom(made(folder), 'uint8', [784]),
  sequences: (folder) => writeRandom(made(folder), 'uint8', [100, 32]),
  words: (folder) => writeRandom(made(folder), 'int32', [200]),
};

function made(folder: string): string {
  const directory = join(folder, 'data');
  mkdirSync(directory);
  return directory;
}

const count = 6400;
const classes = 10;
const vocabulary = 10_000;

/** @returns the directory */
function writeRandom(directory: string, type: 'uint8' | 'int32', shape: readonly number[]): string {
  const random = randomNumbers();
  const inputs = Buffer.alloc(
    shape.reduce((product, size) => product * size, count) * (type === 'uint8' ? 1 : 4),
  );
  // No byte is zero: nothing can be skipped.
  if (type === 'uint8') for (let at = 0; at < inputs.length; at++) inputs[at] = 1 + random(255);
  else for (let at = 0; at < inputs.length; at += 4) inputs.writeInt32BE(random(vocabulary), at);
  const labels = Uint8Array.from({ length: count }, () => random(classes));
  const write = (name: string, content: Buffer) => writeFileSync(join(directory, name), content);
  const kind = type === 'uint8' ? 'ubyte' : 'int';
  write(`train-images-idx${1 + shape.length}-${kind}`, idx(type, [count, ...shape], inputs));
  write('train-labels-idx1-ubyte', idx('uint8', [count], labels));
  return directory;
}
