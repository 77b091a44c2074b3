/** `gradpool export`, and what `--model` takes of it. */
import '../../src/model/tfjs/cpu-backend.ts';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { saveModel } from '../../src/index.ts';
import { expectRefusal, sandbox, writeImages } from '../../testing/cli/sandbox.ts';

const box = sandbox();
const { run, path, list, write } = box;

const convolutional = (name: string) =>
  sequential({
    layers: [
      layers.conv2d({ inputShape: [8, 8, 1], filters: 2, kernelSize: 3, activation: 'relu', name }),
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });

beforeAll(async () => {
  writeImages(box, 'data');
  await saveModel(convolutional('seen'), path('trained'));
  await saveModel(convolutional('not/for/keras'), path('named'));
});

test.for([
  ['keras', 'trained/model.keras'],
  ['safetensors', 'trained/model.safetensors'],
  ['tfjs', 'trained/model-tfjs'],
  ['onnx', 'trained/model.onnx'],
])('a model goes to %s.', async ([format, file]) => {
  const { stdout, stderr, exitCode } = await run('export', 'trained', '--format', format);
  expect(stdout).toMatch(new RegExp(`^${file}: 239 parameters of trained, \\d+ kB\n$`));
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
});

test('what was exported is evaluated as the model itself, and exported again.', async () => {
  await run('export', 'trained', '--format', 'keras', '--out', 'a.keras');
  await run('export', 'a.keras', '--format', 'safetensors');
  const accuracies = ['trained/model.json', 'a.keras', 'a.safetensors'].map((file) =>
    run('evaluate', '--model', file, '--data', 'data', '--workers', '1', '--quiet'),
  );
  const [first, ...others] = (await Promise.all(accuracies)).map(({ stdout }) => stdout);
  expect(first).toMatch(/^\{accuracy: [\d.]+, loss: [\d.]+\}$/m);
  expect(others).toEqual([first, first]);
});

test.for<[string[], 1 | 2, ...RegExp[]]>([
  [['export', 'trained'], 2, /--format.* tfjs, keras, safetensors, onnx, got none/],
  [['export', 'trained', '--format', 'h5'], 2, /--format.* got `h5`/],
  [['export', 'trained', '--format', 'saved-model'], 2, /saved-model, .*keras.models.load_model/],
  [
    ['export', 'trained', '--format', 'onnx', '--out', 'model.keras'],
    2,
    /--out.* end in \.onnx .*`model.keras`/,
  ],
  [['export', 'nowhere', '--format', 'onnx'], 1, /nowhere, which is none/],
  [['export', 'nothing.keras', '--format', 'onnx'], 1, /nothing.keras/],
  [['export', 'broken.keras', '--format', 'onnx'], 1, /broken.keras: expected a zip archive/],
  [['export', 'broken.h5', '--format', 'onnx'], 1, /broken.h5: Expected an HDF5 file/],
  [
    ['export', 'broken.safetensors', '--format', 'onnx'],
    1,
    /broken.safetensors: Expected a safetensors file/,
  ],
  [['export', 'named', '--format', 'keras'], 1, /Layer "not\/for\/keras" \(Conv2D\)/],
  [['train', '--model', 'broken.keras', '--data', 'data'], 1, /broken.keras: expected a zip archive/],
])('%s is refused.', async ([args, exitCode, ...parts]) => {
  for (const ending of ['keras', 'h5', 'safetensors']) write(`broken.${ending}`, 'no model at all');
  const before = list();
  expectRefusal(await run(...args), exitCode, ...parts);
  expect([list(), list('named')]).toEqual([before, ['model.json', 'weights.bin']]);
});
