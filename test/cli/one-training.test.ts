/** Losses, optimizers and metrics of the command line, in runs. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { expectRefusal, modelModule, sandbox, writeImages } from '../../testing/cli/sandbox.ts';

const box = sandbox();
const { run, path, write, list } = box;
const model = (activation: string, units = 'classes') =>
  modelModule(
    `layers.flatten({ inputShape }), layers.dense({ units: ${units}, activation: '${activation}' })`,
  );
const common = ['train', '--data', 'data', '--batch-size', '16', '--log-every', '1'];
const weights = (name: string, step: number) =>
  readFileSync(path(name, 'checkpoints', `step-0000000${step}`, 'weights.bin'));

beforeAll(() => {
  writeImages(box, 'data');
  write('softmax.mjs', model('softmax'));
  write('logits.mjs', model('linear'));
});

test('any loss, optimizer and metric trains in a run, which is resumed with its own settings and other workers.', async () => {
  const settings = [
    '--model',
    'softmax.mjs',
    '--loss',
    'categoricalCrossentropy',
    '--metrics',
    'accuracy,mse',
  ];
  const adam = ['--optimizer', 'adam', '--learning-rate', '0.01', '--beta1', '0.8'];
  const whole = await run(
    ...common,
    ...settings,
    ...adam,
    '--steps',
    '6',
    '--run',
    'whole',
    '--workers',
    '1',
  );
  expect(whole.stdout).toMatch(
    /^optimizer Adam, learning rate 0.01, beta1 0.8, beta2 0.999, epsilon 1e-7\nloss {6}categoricalCrossentropy, accuracy, mse$/m,
  );
  expect(whole.stdout).toMatch(/^step 1: loss = [\d.]+, accuracy = [\d.]+, mse = [\d.]+ \(/m);
  expect(whole.stdout).toMatch(/^\{accuracy: [\d.]+, loss: [\d.]+, mse: [\d.]+, global_step: 6\}$/m);
  await run(...common, ...settings, ...adam, '--steps', '4', '--run', 'halved', '--workers', '2');
  const resumed = await run('train', '--resume', '--run', 'halved', '--steps', '6', '--workers', '3');
  expect(resumed.exitCode).toBe(0);
  expect(resumed.stdout).toMatch(/^optimizer Adam, learning rate 0.01, beta1 0.8,/m);
  expect(weights('halved', 6)).toEqual(weights('whole', 6));
  const last = (text: string) => text.trimEnd().split('\n').at(-1);
  expect(last(resumed.stdout)).toBe(last(whole.stdout));
  // The run's loss is that of its evaluation.
  const evaluated = await run('evaluate', '--run', 'whole', '--metrics', 'mse', '--json');
  expect(JSON.parse(evaluated.stdout)).toEqual({
    ...JSON.parse(
      readFileSync(path('whole', 'metrics.jsonl'), 'utf8').trim().split('\n').at(-1) ?? '',
      (key, value) => (key === 'metrics' ? undefined : value),
    ),
    ...{ kind: undefined, step: undefined, mse: expect.any(Number), global_step: 6 },
  });
  const predicted = await run('predict', '--run', 'whole', '--index', '0', '--json');
  const { probabilities } = JSON.parse(predicted.stdout);
  expect(probabilities.reduce((sum: number, value: number) => sum + value)).toBeCloseTo(1, 5);
});

test('what the options cannot mean together is refused before anything is written.', async () => {
  const before = list();
  const refused = async (...options: string[]) => run(...common, '--run', 'refused', ...options);
  expectRefusal(
    await refused('--optimizer', 'adam', '--momentum', '0.9'),
    2,
    'Expected no `--momentum` with the optimizer adam, got `0.9`; its settings are `--learning-rate`, `--beta1`, `--beta2`, `--epsilon`',
  );
  expectRefusal(
    await refused('--optimizer', 'Adam'),
    2,
    '`--optimizer` to be sgd, nesterov, adam, adamw, adamax, lamb, lion, rmsprop, adagrad or adadelta, got `Adam`',
  );
  expectRefusal(await refused('--loss', 'mse'), 2, /`--loss` to be softmaxCrossEntropy, .* got `mse`/);
  expectRefusal(
    await refused('--metrics', 'accuracy,f1'),
    2,
    /`--metrics` to be among accuracy, .* got `f1`/,
  );
  expectRefusal(
    await refused('--epsilon', '0', '--optimizer', 'adam'),
    2,
    '`--epsilon` to be greater than 0, got `0`',
  );
  expectRefusal(
    await refused('--nesterov', '--momentum', '0'),
    2,
    '`--momentum` to be greater than 0 with `--nesterov`',
  );
  expect(list()).toEqual(before);
  const other = await run('train', '--resume', '--run', 'whole', '--steps', '7', '--optimizer', 'rmsprop');
  expectRefusal(
    other,
    1,
    /`--optimizer` to be adam as in the run at whole, got rmsprop; resume with the same settings/,
  );
});

test('a loss over probabilities says so where the model gives logits.', async () => {
  const settings = ['--model', 'logits.mjs', '--steps', '1', '--workers', '1'];
  const { stderr, exitCode } = await run(...common, ...settings, '--loss', 'sparseCategoricalCrossentropy');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(
    /takes probabilities, and the model's last layer, "\w+", gives none: .*softmaxCrossEntropy$/m,
  );
});

test('a run of a newer version is left alone.', async () => {
  const config = path('whole', 'config.json');
  const text = readFileSync(config, 'utf8');
  write('alone/config.json', text.replace('"formatVersion": 2', '"formatVersion": 3'));
  const before = list('alone');
  const resumed = await run('train', '--resume', '--run', 'alone', '--steps', '9');
  expectRefusal(
    resumed,
    1,
    /format version 1 or 2, got 3: a newer version of gradpool wrote it; go on with that one/,
  );
  expect(list('alone')).toEqual(before);
});
