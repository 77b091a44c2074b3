/**
 * The models that people train and that go from one input to classes, from the command line: as a module and as a
 * model.json, on IDX files. Words are bytes.
 */
import '../../src/model/tfjs/cpu-backend.ts';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { saveModel } from '../../src/index.ts';
import { sandbox } from '../../testing/cli/sandbox.ts';
import { idxBytes, idxFloats } from '../../testing/data/files.ts';
import { integers, uniform } from '../../testing/engine/values.ts';
import type { ZooModel } from '../../testing/zoo/builders.ts';
import { zoo } from '../../testing/zoo/models.ts';

const box = sandbox();
const { run, path, write } = box;
const examples = 8;

const isClassifier = ({ inputs, outputs }: LayersModel, one: ZooModel): boolean =>
  inputs.length === 1 &&
  outputs.length === 1 &&
  outputs[0].shape.length === 2 &&
  one.outputs[0].target !== 'reals';

const classifiers = Object.entries(zoo).flatMap(([name, one]) => {
  const model = one.make('drawn');
  return isClassifier(model, one) ? [{ name, one, model }] : [];
});

/** Images as they are, sequences as images of one channel, a row of words as an image of one row. */
function writeData(directory: string, { inputs, outputs }: LayersModel, { words }: ZooModel): void {
  const shape = inputs[0].shape.slice(1).map(Number);
  const size = shape.reduce((product, length) => product * length, 1);
  const all = [examples, ...(shape.length > 1 ? shape : [1, ...shape])];
  const classes = Math.max(2, Number(outputs[0].shape[1]));
  const labels = idxBytes(
    [examples],
    Array.from({ length: examples }, (_, example) => example % classes),
  );
  for (const [stream, part] of ['train', 't10k'].entries()) {
    const most = words?.[0];
    const values =
      most === undefined
        ? idxFloats(all, [...uniform(stream, examples * size, -1, 1)])
        : idxBytes(all, integers(stream, examples * size, most));
    write(`${directory}/${part}-images-idx${all.length}-ubyte`, values);
    write(`${directory}/${part}-labels-idx1-ubyte`, labels);
  }
}

const lossOf = ({ outputs: [{ loss }] }: ZooModel) => (loss === 'binaryCrossentropy' ? ['--loss', loss] : []);

async function trained(model: string, data: string, one: ZooModel) {
  const options = [
    '--steps',
    '2',
    '--batch-size',
    '4',
    '--workers',
    '2',
    '--run',
    `run-${model.replace('/', '-')}`,
  ];
  return run('train', '--model', model, '--data', data, ...options, ...lossOf(one));
}

test('there are those of images, of sequences, of words and of vectors', () => {
  expect(classifiers.length).toBeGreaterThanOrEqual(14);
});

// Every third: that each of them trains, and how, is held from code (test/zoo).
const tried = classifiers.flatMap((one, index) => (index % 3 === 0 ? [[one.name, index] as const] : []));

describe.for(tried)('%s', ([, index]) => {
  const { name, one, model } = classifiers[index];
  const data = `data-${index}`;

  test('trains on wasm as a module', async () => {
    writeData(data, model, one);
    const models = new URL('../../testing/zoo/models.ts', import.meta.url).href;
    const source = `import { zoo } from '${models}';\nexport default () => zoo[${JSON.stringify(name)}].make('drawn');\n`;
    write(`module-${index}.mjs`, source);
    const { stdout, stderr, exitCode } = await trained(`module-${index}.mjs`, data, one);
    expect(`${stderr}${stdout}`).toMatch(/^engine {4}wasm/m);
    expect(stdout).toMatch(/^\{accuracy: [\d.]+, loss: [\d.]+, global_step: 2\}$/m);
    expect(exitCode).toBe(0);
  });

  // The file is read as in the other tests of model.json, the training is the module's.
  if (index % 6 !== 0) return;
  test('trains on wasm as a model.json, and is evaluated', async () => {
    writeData(data, model, one);
    await saveModel(model, path(`saved-${index}`));
    const { stdout, exitCode } = await trained(`saved-${index}/model.json`, data, one);
    expect(stdout).toMatch(/^engine {4}wasm/m);
    expect(exitCode).toBe(0);
    const evaluated = await run(
      'evaluate',
      '--run',
      `run-saved-${index}-model.json`,
      '--workers',
      '1',
      '--json',
    );
    expect(evaluated.stderr).toBe('');
    expect(JSON.parse(evaluated.stdout).accuracy).toBeGreaterThanOrEqual(0);
  });
});
