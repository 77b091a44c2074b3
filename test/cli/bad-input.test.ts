import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import {
  expectRefusal,
  modelModule,
  sandbox,
  smallModel,
  tinyImages,
  writeImages,
} from '../../testing/cli/sandbox.ts';
import { idxBytes } from '../../testing/data/files.ts';
import type { Ended } from '../../testing/programs.ts';

const box = sandbox();
const { run, path, write, list } = box;
const images = 'train-images-idx3-ubyte';
const labels = 'train-labels-idx1-ubyte';

/** Trains on `data` and expects to be refused with exit code 1, and nothing to be written. */
async function expectDataRefused(data: string, ...parts: (string | RegExp)[]): Promise<void> {
  expectRefusal(await run('--data', data, '--batch-size', '8'), 1, data, ...parts);
  expect(list('runs')).toEqual([]);
}

const withByte = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
};

const tiny = tinyImages();
const brokenFiles: Record<string, [Record<string, Buffer>, RegExp]> = {
  'a wrong magic number': [{ [images]: withByte(tiny[images], 0, 9) }, /images/],
  'an unknown element type': [{ [images]: withByte(tiny[images], 2, 0x0b) }, /images/],
  'too few bytes': [{ [images]: tiny[images].subarray(0, 1000) }, /images.*1000/],
  'too many bytes': [{ [images]: Buffer.concat([tiny[images], Buffer.alloc(5)]) }, /images/],
  'a header that claims more than the file holds': [{ [images]: withByte(tiny[images], 4, 0x7f) }, /images/],
  'images of another size in its other part': [
    { 't10k-images-idx3-ubyte': idxBytes([20, 8, 9], new Uint8Array(20 * 72)) },
    /t10k-images.*8 x 8.*8 x 9/,
  ],
  'a broken gzip': [{ [images]: withByte(gzipSync(tiny[images]), 40, 255) }, /images/],
  'a cut gzip': [{ [images]: gzipSync(tiny[images]).subarray(0, 60) }, /images/],
  'a gzip that goes on and on': [
    { [images]: gzipSync(Buffer.concat([tiny[images], Buffer.alloc(2 ** 24)])) },
    /images/,
  ],
  'fewer labels than images': [{ [labels]: idxBytes([39], new Uint8Array(39)) }, /labels.*40.*39/],
  'a test label outside the classes': [
    { 't10k-labels-idx1-ubyte': idxBytes([20], new Uint8Array(20).fill(3)) },
    /t10k-labels.*from 0 to 2, got 3/,
  ],
};

test.each(Object.entries(brokenFiles))(
  'a data directory with %s is refused.',
  async (_, [files, message]) => {
    rmSync(path('broken'), { recursive: true, force: true });
    await expectDataRefused(writeImages(box, 'broken', files), message);
  },
);

test('a data directory that is missing, lacks a file, or has a directory or a pipe in its place is refused.', async () => {
  await expectDataRefused('nowhere', /directory/);
  writeImages(box, 'lacking');
  rmSync(path('lacking', labels));
  await expectDataRefused('lacking', labels);
  mkdirSync(path('lacking', labels));
  await expectDataRefused('lacking', /expected a file, got a directory/);
  rmSync(path('lacking', labels), { recursive: true });
  execFileSync('mkfifo', [path('lacking', labels)]);
  await expectDataRefused('lacking', /expected a file, got a pipe/);
});

/** Trains on good data. */
const train = (...args: string[]): Promise<Ended> =>
  run('train', '--data', 'data', '--batch-size', '8', '--steps', '2', '--workers', '1', ...args);

beforeAll(async () => {
  writeImages(box, 'data');
  write('small.mjs', modelModule(smallModel));
  const end = await train('--run', 'run', '--model', 'small.mjs');
  expect(end).toMatchObject({ exitCode: 0 });
});

test('a batch larger than the data is refused.', async () => {
  expectRefusal(await train('--batch-size', '41'), 1, /40 examples, got 41/);
  expect(list('runs')).toEqual([]);
});

const models: Record<string, [string, string | undefined, RegExp]> = {
  'that does not exist': ['none.mjs', undefined, /none\.mjs: expected a file, found nothing/],
  'that exports no function': ['value.mjs', 'export default 7;', /value\.mjs to export a function.*7/],
  'whose function returns something else': ['other.mjs', 'export default () => ({});', /a plain object/],
  'that throws': ['throws.mjs', 'throw new Error("two\\nlines");', /throws\.mjs cannot be loaded: two/],
  'that is no program': ['syntax.mjs', 'export default (', /syntax\.mjs cannot be loaded/],
  'of an unknown kind': ['model.txt', 'x', /model\.txt/],
  'that is no model.json': ['model.json', '{}', /model\.json/],
  'with two inputs': [
    'two.mjs',
    `import { input, layers, model } from '${import.meta.resolve('@tensorflow/tfjs-layers')}';
     export default () => {
       const inputs = [input({ shape: [3] }), input({ shape: [3] })];
       return model({ inputs, outputs: layers.dense({ units: 2 }).apply(layers.add().apply(inputs)) });
     };`,
    /two\.mjs.*one input, got one with 2/,
  ],
  'with too few outputs': [
    'narrow.mjs',
    modelModule('layers.flatten({ inputShape }), layers.dense({ units: 2 })'),
    /3 classes.*2/,
  ],
};

test.each(Object.entries(models))('a model file %s is refused.', async (_, [name, content, message]) => {
  if (content !== undefined) write(name, content);
  expectRefusal(await train('--model', name), 1, message);
  expect(list('runs')).toEqual([]);
});

test('a loss that is not finite stops the training with the step and the shard, and leaves the last good checkpoint.', async () => {
  const end = await train(
    '--run',
    'infinite',
    '--model',
    'small.mjs',
    '--learning-rate',
    '1e38',
    '--steps',
    '9',
    '--save-every',
    '1',
  );
  expect(end.exitCode).toBe(1);
  expect(end.stderr).toMatch(
    /^error: Expected a finite loss and gradient, got .* (in|after) step \d+, shard \d+.*\n$/,
  );
  const { exitCode, stdout } = await run('evaluate', '--run', 'infinite', '--data', 'data');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/loss: [\d.e+]+, global_step: \d/);
});

test('a run directory that cannot be written, or that has checkpoints already, is refused.', async () => {
  write('file', 'x');
  expectRefusal(await train('--run', 'file/run'), 1, /file\/run.*--run/);
  const before = readFileSync(path('run', 'config.json'), 'utf8');
  expectRefusal(await train('--run', 'run'), 1, /run has checkpoints.*--resume/);
  expect(readFileSync(path('run', 'config.json'), 'utf8')).toBe(before);
});

test('resuming without a run, with other settings, or to fewer steps than were done is refused by name.', async () => {
  expectRefusal(await run('--resume'), 1, /runs/);
  expectRefusal(await run('--resume', '--run', 'nowhere'), 1, /nowhere/);
  const seed = await train('--run', 'run', '--resume', '--seed', '2', '--batch-size', '16');
  expectRefusal(seed, 1, /`--seed` to be 1 .*got 2/, /`--batch-size` to be 8, got 16/);
  const back = await train('--run', 'run', '--resume', '--steps', '1');
  expectRefusal(back, 1, /`--steps` to be at least 2, since the run at run has done 2 steps, got 1/);
});

test('a checkpoint with a changed byte, a missing file or another size is refused.', async () => {
  const step = path('damaged', 'checkpoints', 'step-00000002');
  const damage = async (work: () => void, ...parts: (string | RegExp)[]) => {
    rmSync(path('damaged'), { recursive: true, force: true });
    cpSync(path('run'), path('damaged'), { recursive: true });
    work();
    expectRefusal(await run('evaluate', '--run', 'damaged', '--data', 'data'), 1, ...parts);
  };
  const weights = `${step}/weights.bin`;
  await damage(() => writeFileSync(weights, withByte(readFileSync(weights), 5, 77)), /weights\.bin/);
  await damage(() => rmSync(weights), /weights\.bin/);
  await damage(() => copyFileSync(path('data', labels), weights), /weights\.bin.*bytes/);
});

test('a network too large for the memory is refused by its sizes, before the seconds that drawing its values takes.', async () => {
  writeImages(box, 'data');
  const layer = (class_name: string, config: object) => ({
    class_name,
    config: { name: class_name, ...config },
  });
  const layers = [
    layer('Flatten', { batch_input_shape: [null, 8, 8, 1] }),
    // Without gradients' slots and activations its 200 million parameters would fit.
    layer('Dense', { units: 3_000_000, activation: 'linear' }),
    { class_name: 'Dense', config: { name: 'logits', units: 3, activation: 'linear' } },
  ];
  const modelTopology = { class_name: 'Sequential', config: { name: 'large', layers } };
  write('large.json', JSON.stringify({ modelTopology }));
  const refused = async (model: string, message: RegExp): Promise<number> => {
    const start = performance.now();
    const end = await run('train', '--data', 'data', '--batch-size', '8', '--model', model);
    expectRefusal(end, 1, message);
    return performance.now() - start;
  };
  const large = /^error: Expected the training to fit into .*got \d+ MiB: parameters 18\d\d MiB/;
  const small = await refused('no.json', /^error: .*no\.json/);
  // On a busy machine both take longer.
  expect(await refused('large.json', large)).toBeLessThan(2 * small + 1500);
});
