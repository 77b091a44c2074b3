/** Models that Keras itself saved, and files that are none. */
import '../../../src/model/tfjs/cpu-backend.ts';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatsPython } from '../../../scripts/setup-formats.ts';
import { loadModel, saveModel } from '../../../src/index.ts';
import {
  largestDifference,
  missingPeers,
  type PlainTensor,
  plain,
  runPeers,
} from '../../../testing/formats/peers.ts';

const python = formatsPython();
const missing = missingPeers(python);
const directory = mkdtempSync(join(tmpdir(), 'gradpool-keras-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string) => join(directory, name);

interface Written {
  readonly name: string;
  readonly x: readonly PlainTensor[];
  readonly y: readonly PlainTensor[];
}

let written: readonly Written[] = [];
beforeAll(async () => {
  if (missing === undefined) written = await runPeers(python, 'write_models.py', directory);
});

const names = ['residual', 'shared', 'words', 'sequence'];
test.for(names.flatMap((name) => ['keras', 'h5'].map((ending) => [name, ending] as const)))(
  '%s.%s of Keras computes the same.',
  async ([name, ending], { skip }) => {
    skip(missing !== undefined, missing);
    const { x, y } = written.find((one) => one.name === name) as Written;
    const model = await loadModel(path(`${name}.${ending}`));
    const inputs = x.map(({ values, shape }) => tensor([...values], [...shape]));
    expect(largestDifference([model.predict(inputs)].flat().map(plain), y)).toBeLessThan(1e-5);
  },
);

test.for([
  ['code', /Layer "twice" \(Lambda\) is code of Python, which is not run/],
  ['after', /Layer "after" \(GRU\) has `reset_after`/],
] as const)(
  '%s.keras, with a layer that is not computed, is refused by its name.',
  async ([name, message], { skip }) => {
    skip(missing !== undefined, missing);
    await expect(loadModel(path(`${name}.keras`))).rejects.toThrow(message);
  },
);

const small = () =>
  sequential({
    layers: [
      layers.dense({ inputShape: [4], units: 3, name: 'first' }),
      layers.reLU(),
      layers.dense({ units: 2 }),
    ],
  });

type Parts = Record<string, Uint8Array>;

/** What saveModel writes, its parts changed. */
async function changed(name: string, change: (parts: Parts) => Parts, level: 0 | 9 = 0): Promise<string> {
  await saveModel(small(), path('whole.keras'));
  writeFileSync(path(name), zipSync(change(unzipSync(readFileSync(path('whole.keras')))), { level }));
  return path(name);
}

const bytes = (value: object) => Buffer.from(JSON.stringify(value));

test.for([
  ['no archive', () => Buffer.from('no archive at all'), /expected a zip archive, got damaged data/],
  ['an empty file', () => Buffer.alloc(0), /expected a zip archive, got damaged data/],
  [
    'one that is cut off',
    (whole: Buffer) => whole.subarray(0, -30),
    /expected a zip archive, got damaged data/,
  ],
  [
    'one with a changed byte',
    (whole: Buffer) => whole.fill(7, 1500, 1501),
    /whole data of .*, got others than its CRC-32 says/,
  ],
] as const)('%s is refused in one line.', async ([name, make, message]) => {
  await saveModel(small(), path('whole.keras'));
  const file = path(`${name}.keras`);
  writeFileSync(file, make(readFileSync(path('whole.keras'))));
  await expect(loadModel(file)).rejects.toThrow(message);
  await expect(loadModel(file)).rejects.toThrow(/^[^\n]+$/);
});

const [weights, config] = ['model.weights.h5', 'config.json'] as const;
test.for([
  ['without a configuration', ({ [config]: _, ...parts }: Parts) => parts, /with a config.json in it/],
  ['whose configuration is none', (parts: Parts) => ({ ...parts, [config]: bytes([1]) }), /got \[1\]/],
  [
    'whose weights are no HDF5 file',
    (parts: Parts) => ({ ...parts, [weights]: bytes([1]) }),
    /Expected an HDF5 file, got one that is damaged or cut off \(Not an HDF5 file|file signature not found\)/,
  ],
  [
    'whose weights are cut off',
    (parts: Parts) => ({ ...parts, [weights]: parts[weights].slice(0, -9) }),
    /Expected an HDF5 file, got one that is damaged or cut off \(.*truncated/,
  ],
  [
    'with weights of more bytes than the model has room for',
    (parts: Parts) => ({ ...parts, [weights]: new Uint8Array(2 ** 26) }),
    /model.weights.h5 in .* to be at most \d+ bytes, got 67108864/,
  ],
  [
    'whose configuration would be larger than any',
    (parts: Parts) => ({ ...parts, [config]: new Uint8Array(2 ** 27) }),
    /config.json in .* to be at most 67108864 bytes, got 134217728/,
  ],
] as const)('a .keras file %s is refused.', async ([name, change, message]) => {
  await expect(loadModel(await changed(`${name}.keras`, change, 9))).rejects.toThrow(message);
});

test('weights of another model are refused by the layer.', async () => {
  const other = sequential({ layers: [layers.dense({ inputShape: [4], units: 5 })] });
  await saveModel(other, path('other.keras'));
  const { [weights]: others } = unzipSync(readFileSync(path('other.keras')));
  const file = await changed('mixed.keras', (parts) => ({ ...parts, [weights]: others }));
  await expect(loadModel(file)).rejects.toThrow(/"first\/kernel" to have the shape \[4, 3\], got \[4, 5\]/);
});

test('a layer that Keras 3 lacks, or computes otherwise, is refused by its name, and nothing is written.', async () => {
  const refused = [
    [
      layers.dense({ inputShape: [2], units: 2, activation: 'hardSigmoid', name: 'hard' }),
      /Layer "hard" \(Dense\)/,
    ],
    [layers.dense({ inputShape: [2], units: 2, name: 'a/b' }), /Layer "a\/b" \(Dense\) .* takes no "\/"/],
    [
      layers.upSampling2d({ inputShape: [2, 2, 1], interpolation: 'bilinear', name: 'up' }),
      /Layer "up" \(UpSampling2D\) .* centers/,
    ],
    [
      layers.convLstm2d({ inputShape: [2, 4, 4, 1], filters: 1, kernelSize: 2, name: 'both' }),
      /Layer "both" \(ConvLSTM2D\)/,
    ],
  ] as const;
  for (const [index, [layer, message]] of refused.entries()) {
    const model = sequential({ layers: [layer as never] });
    await expect(saveModel(model, path(`refused-${index}.keras`))).rejects.toThrow(message);
  }
  expect(readdirSync(directory).filter((name) => name.includes('refused'))).toEqual([]);
});
