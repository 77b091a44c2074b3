import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { readModel } from '../../src/formats/model-file/read-model.ts';
import { modelModule, sandbox, smallModel, writeImages } from '../../testing/cli/sandbox.ts';
import { ended } from '../../testing/programs.ts';

const box = sandbox();
const { run, start, path, write, list } = box;
const fast = ['--data', 'data', '--batch-size', '8', '--workers', '2'];

beforeAll(() => {
  writeImages(box, 'data');
});

test('training says what it does, reports loss and speed, evaluates, and leaves a model where it says.', async () => {
  const { exitCode, stdout, stderr } = await run(
    ...fast,
    '--steps',
    '7',
    '--log-every',
    '3',
    '--eval-every',
    '5',
    '--verbose',
  );
  expect(exitCode).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^gradpool \d/);
  expect(stdout).toMatch(/^data +data: 40 training and 20 test images of 8 x 8 x 1, 3 classes$/m);
  expect(stdout).toMatch(/^model .*318,339 parameters, initial values drawn from seed 1$/m);
  expect(stdout).toMatch(/^workers +2 threads, batches of 8 in 8 shards$/m);
  expect(stdout).toMatch(/^engine +wasm, (wide|relaxed|portable) kernels, (fused|separate) multiply-add/m);
  expect(stdout).toMatch(/^steps +1 to 7, 5 an epoch$/m);
  expect(stdout).toMatch(/^ways +conv2d_1 direct, conv2d_2 (direct|over images)$/m);
  expect(stdout).toMatch(/^run +runs\/0001$/m);
  const reported = [
    ...stdout.matchAll(/^step (\d+): loss = [\d.]+, accuracy = [\d.]+ \([\d.]+ global_step\/sec\)$/gm),
  ];
  expect(reported.map(([, step]) => step)).toEqual(['1', '4', '7']);
  const evaluated = [...stdout.matchAll(/^step (\d+): test accuracy = [\d.]+, test loss = [\d.]+$/gm)];
  expect(evaluated.map(([, step]) => step)).toEqual(['5', '7']);
  expect(lines.at(-1)).toMatch(/^\{accuracy: [\d.]+, loss: [\d.]+, global_step: 7\}$/);
  const model = /the model lies in (\S+); use it:/.exec(stderr)?.[1] ?? '';
  expect((await readModel(`${model}/model.json`)).parameters).toHaveLength(318_339);
  expect(stderr).toMatch(/main\.ts evaluate --run \/.*\/runs\/0001\n/);
  const program = stderr
    .match(/^gradpool: {3}(import|const) .*$/gm)
    ?.map((line) => line.slice('gradpool: '.length));
  write('open.mjs', `${program?.join('\n')}\nconsole.log(model.countParams());`);
  expect(spawnSync(process.execPath, [path('open.mjs')], { encoding: 'utf8' }).stdout).toBe('318339\n');
});

test("a model's module is trained with plain SGD for some epochs, and resumed with the run's own settings.", async () => {
  write('small.mjs', modelModule(smallModel));
  const settings = ['--model', 'small.mjs', '--momentum', '0', '--learning-rate', '1e-2', '--seed', '7'];
  const whole = await run(...fast, ...settings, '--epochs', '2', '--run', 'whole');
  expect(whole.stdout).toMatch(/^model +small\.mjs, 195 parameters, initial values drawn from seed 7$/m);
  expect(whole.stdout).toMatch(/global_step: 10\}$/m);
  await run(...fast, ...settings, '--steps', '4', '--run', 'halved');
  const rest = await run('--resume', '--run', 'halved', '--data', 'data', '--workers', '1', '--steps', '10');
  expect(rest.stdout).toMatch(/^optimizer SGD, learning rate 0\.01, momentum 0$/m);
  expect(rest.stdout).toMatch(/^steps +5 to 10,/m);
  const weights = (name: string) => readFileSync(path(name, 'checkpoints', 'step-00000010', 'weights.bin'));
  expect(weights('halved').equals(weights('whole'))).toBe(true);
  const again = await run('--resume', '--run', 'halved', '--data', 'data');
  expect(again.stdout).toMatch(/^steps +all 10 are done,/m);
  expect(again.stdout.trimEnd().split('\n').at(-1)).toBe(rest.stdout.trimEnd().split('\n').at(-1));
});

test('--resume without --run goes on with the newest run; --epochs replaces the steps of then.', async () => {
  await run(...fast, '--steps', '2');
  const newest = list('runs').at(-1);
  const { stdout, exitCode } = await run('train', '--resume', '--data', 'data', '--epochs', '1');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(new RegExp(`^run +runs/${newest}$`, 'm'));
  expect(stdout).toMatch(/^steps +3 to 5,/m);
});

test('--log-probabilities prints a row for each example of the batch, each a distribution.', async () => {
  const { stdout } = await run(...fast, '--steps', '1', '--run', 'p', '--log-probabilities');
  const matrix = /probabilities = \[\[(.*?)\]\]/s.exec(stdout)?.[1] ?? '';
  const rows = matrix.split(']\n [').map((row) => row.split(' ').map(Number));
  expect(rows.map((row) => row.length)).toEqual(Array(8).fill(3));
  for (const row of rows) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
});

test('--json prints a line of JSON for each event, the result last, and the accuracy of each step is recorded.', async () => {
  const typed = [...fast, '--steps', '3', '--log-every', '1', '--run', 'json', '--json'];
  const { stdout, stderr } = await run(...typed);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ kind }) => kind)).toEqual([
    'start',
    'step',
    'step',
    'step',
    'checkpoint',
    'evaluation',
    'result',
  ]);
  expect(events.at(-1)).toMatchObject({
    globalStep: 3,
    stopped: false,
    parametersSha256: expect.stringMatching(/^[\da-f]{64}$/),
  });
  expect(stderr).toBe('');
  const recorded = readFileSync(path('json', 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const steps = recorded.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'step');
  // Of 8 examples.
  for (const { accuracy } of steps) expect(accuracy * 8).toBe(Math.round(accuracy * 8));
  expect(steps).toHaveLength(3);
});

test('workers beyond the shards are told apart in one line that names --shards.', async () => {
  const { stderr } = await run(...fast, '--steps', '1', '--run', 'w', '--workers', '3', '--shards', '2');
  expect(stderr).toMatch(/^gradpool: 2 of 3 workers .*--shards/m);
});

const signals: [NodeJS.Signals, number][] = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
];

test.each(signals)(
  '%s ends the training after the step under way, saves it, and says how to go on.',
  async (signal, code) => {
    const child = start([...fast, '--steps', '1000000', '--run', signal]);
    const end = ended(child);
    await once(child.stdout, 'data');
    // Started by npm, a signal arrives more than once.
    child.kill(signal);
    child.kill(signal);
    const { exitCode, stderr } = await end;
    expect(exitCode).toBe(code);
    expect(stderr).toMatch(new RegExp(`^gradpool: ${signal}: ends after this step`, 'm'));
    const step = Number(/stopped after step (\d+); go on with: .* --resume/.exec(stderr)?.[1]);
    expect(list(`${signal}/checkpoints`)).toContain(`step-${String(step).padStart(8, '0')}`);
  },
);

test('a second signal ends the training at once, with nothing half-written.', async () => {
  // A step of plain loops on MNIST takes many seconds.
  const child = start(['--engine', 'reference', '--workers', '1', '--run', 'twice']);
  const end = ended(child);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await setTimeout(700);
  child.kill('SIGINT');
  const asked = performance.now();
  expect((await end).exitCode).toBe(130);
  expect(performance.now() - asked).toBeLessThan(2000);
  expect(list('twice/checkpoints')).toEqual([]);
});

test('a closed pipe on standard output does not end the training, and nothing is said of it.', async () => {
  const child = start([...fast, '--steps', '40', '--log-every', '1', '--run', 'piped']);
  const end = ended(child);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const { exitCode, stderr } = await end;
  expect(exitCode).toBe(0);
  expect(stderr).not.toMatch(/EPIPE|\n\s+at /);
  expect(list('piped/checkpoints')).toEqual(['step-00000040']);
});
