import { readFileSync } from 'node:fs';
import { encode } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { expectRefusal, sandbox, tinyImages, writeImages } from '../../testing/cli/sandbox.ts';

const box = sandbox();
const { run, write, path } = box;
const testImages = 't10k-images-idx3-ubyte';
/** The first test images: of classes 0, 1 and 2. */
const image = (index: number) =>
  Uint8Array.from(
    tinyImages()
      [testImages].subarray(16 + 64 * index)
      .subarray(0, 64),
  );

let trained: string;

beforeAll(async () => {
  writeImages(box, 'data');
  const end = await run('--data', 'data', '--batch-size', '8', '--epochs', '8', '--learning-rate', '0.02');
  expect(end.stderr).toContain('runs/0001');
  trained = end.stdout.trimEnd().split('\n').at(-1) ?? '';
  expect(trained).toMatch(/accuracy: 1,/);
  for (const index of [0, 1, 2])
    write(`${index}.png`, encode({ width: 8, height: 8, channels: 1, depth: 8, data: image(index) }));
});

test('evaluate gives what the training said: for the newest run, for a run, and with any number of workers.', async () => {
  const newest = await run('evaluate', '--data', 'data');
  const named = await run('evaluate', '--data', 'data', '--run', 'runs/0001', '--workers', '3');
  expect([newest.exitCode, newest.stdout, newest.stderr]).toEqual([0, `${trained}\n`, '']);
  expect(named.stdout).toBe(newest.stdout);
});

test('evaluate takes a model.json, and prints JSON.', async () => {
  const model = 'runs/0001/checkpoints/step-00000040/model.json';
  const { stdout } = await run('evaluate', '--data', 'data', '--model', model, '--json');
  const { accuracy, loss, ...rest } = JSON.parse(stdout);
  expect({ accuracy, rest }).toEqual({ accuracy: 1, rest: {} });
  expect(trained).toContain(`loss: ${Number(loss.toPrecision(5))},`);
});

test('evaluate says how well each class is told where it is asked to, and which are taken for which.', async () => {
  const { stdout } = await run('evaluate', '--data', 'data', '--class-report');
  const lines = stdout.trimEnd().split('\n');
  // The 20 test images are of the classes 0, 1, 2, 0, 1, ...
  expect(lines.slice(0, 4).map((line) => line.trim().split(/ +/))).toEqual([
    ['class', 'precision', 'recall', 'f1', 'examples'],
    ...[7, 7, 6].map((examples, own) => [`${own}`, '1.0000', '1.0000', '1.0000', `${examples}`]),
  ]);
  expect(lines.slice(-5)).toEqual([
    'true  0  1  2',
    '   0  7  .  .',
    '   1  .  7  .',
    '   2  .  .  6',
    trained,
  ]);
  const json = JSON.parse((await run('evaluate', '--data', 'data', '--json', '--class-report')).stdout);
  expect(json.confusion).toEqual([
    [7, 0, 0],
    [0, 7, 0],
    [0, 0, 6],
  ]);
  expect(json.classes[2]).toEqual({ class: 2, precision: 1, recall: 1, f1: 1, examples: 6 });
});

test('evaluate and predict without a run say so.', async () => {
  const empty = sandbox();
  expectRefusal(await empty.run('evaluate'), 1, /Expected runs to hold a run/);
  expectRefusal(await empty.run('predict', '--index', '0'), 1, /Expected runs to hold a run/);
  expectRefusal(await run('evaluate', '--run', 'nowhere'), 1, /nowhere/);
});

test('evaluate refuses data that the model is not made for.', async () => {
  const model = 'runs/0001/checkpoints/step-00000040/model.json';
  expectRefusal(await run('evaluate', '--model', model), 1, /\[8, 8, 1\].*\[28, 28, 1\]/);
});

test('predict prints a table of PNG files.', async () => {
  const { exitCode, stdout, stderr } = await run('predict', '2.png', '0.png', '1.png');
  expect([exitCode, stderr]).toEqual([0, '']);
  const [header, ...rows] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/\s{2,}/));
  expect(header).toEqual(['image', 'class', 'probability', 'next']);
  expect(rows.map(([source, best]) => [source, best])).toEqual([
    ['2.png', '2'],
    ['0.png', '0'],
    ['1.png', '1'],
  ]);
});

test('predict prints JSON lines with all probabilities, the same for a PNG file, an IDX file and a test image.', async () => {
  write('images', readFileSync(path('data', testImages)));
  const json = (...args: string[]) =>
    run('predict', '--json', ...args).then(({ stdout }) =>
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  const all = await json('1.png', 'images');
  expect(all.map(({ source }) => source).slice(0, 3)).toEqual(['1.png', 'images[0]', 'images[1]']);
  expect(all).toHaveLength(21);
  const [png, , idx] = all;
  const [index, other] = await json('--index', '1,2', '--data', 'data');
  expect(png.probabilities).toHaveLength(3);
  expect(png.probabilities).toEqual(idx.probabilities);
  expect(index).toEqual({ source: 'test[1]', label: 1, class: 1, probabilities: png.probabilities });
  expect(other).toMatchObject({ source: 'test[2]', label: 2, class: 2 });
});

test('predict says how it converted an image, and refuses to with --strict.', async () => {
  const data = Uint8Array.from({ length: 16 * 16 * 4 }, (_, at) => (at % 4 === 3 ? 100 : 255));
  write('colour.png', encode({ width: 16, height: 16, channels: 4, depth: 8, data }));
  const { exitCode, stdout, stderr } = await run('predict', 'colour.png');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^colour\.png/m);
  expect(stderr).toMatch(/^gradpool: colour\.png: .*alpha.*grey.*resized from 16 x 16 to 8 x 8\n$/);
  expectRefusal(await run('predict', '0.png', 'colour.png', '--strict'), 1, /colour\.png.*--strict/);
});

test('predict doubts an image of dark on bright, and inverts it where asked to.', async () => {
  const paper = Uint8Array.from(image(1), (value) => 255 - value);
  write('paper.png', encode({ width: 8, height: 8, channels: 1, depth: 8, data: paper }));
  const doubtful = await run('predict', 'paper.png', '--strict');
  expect(doubtful.stderr).toMatch(/^gradpool: paper\.png: its border is bright \(.*give `--invert`\n$/);
  const inverted = await run('predict', 'paper.png', '--strict', '--invert', '--json');
  expect(inverted.stderr).toBe('gradpool: paper.png: inverted\n');
  expect(JSON.parse(inverted.stdout)).toMatchObject({ class: 1 });
});

test('predict names a file of another format.', async () => {
  write('photo.jpg', 'GIF89a\x01\0\x01\0');
  expectRefusal(await run('predict', 'photo.jpg'), 1, /photo\.jpg: .*got a GIF image; convert it to PNG/);
});

test('predict refuses values that the model cannot compute with.', async () => {
  // Element type 0x0d, float32: 0x7f7fffff is the largest.
  const header = [0, 0, 0x0d, 3, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 8];
  const largest = Array.from({ length: 64 }, () => [0x7f, 0x7f, 0xff, 0xff]).flat();
  write('large', Uint8Array.from([...header, ...largest]));
  expectRefusal(await run('predict', 'large'), 1, /finite loss, got NaN for the examples 0 to 0/);
});

test('predict refuses files that are no images, images that do not fit, and indices beyond the test set.', async () => {
  write('text.png', 'hello');
  expectRefusal(await run('predict', 'text.png'), 1, /text\.png/);
  expectRefusal(await run('predict', 'nowhere'), 1, /nowhere/);
  expectRefusal(await run('predict', 'data/t10k-labels-idx1-ubyte'), 1, /t10k-labels/);
  const beyond = await run('predict', '--index', '20', '--data', 'data');
  expectRefusal(beyond, 1, /`--index` to be from 0 to 19 in the test images of data, got 20/);
});
