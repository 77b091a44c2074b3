import { appendFileSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { parametersSha256 } from '../../../src/run/hashes.ts';
import {
  expectRefusal,
  modelModule,
  sandbox,
  smallModel,
  writeImages,
} from '../../../testing/cli/sandbox.ts';

import { ended } from '../../../testing/programs.ts';

const box = sandbox();
const { run, start, path, write } = box;

beforeAll(async () => {
  writeImages(box, 'data');
  write('small.mjs', modelModule(smallModel));
  const typed = ['--data', 'data', '--model', 'small.mjs', '--batch-size', '8', '--workers', '1', '--quiet'];
  await run(...typed, '--steps', '10', '--run', 'runs/0001');
  await run(...typed, '--steps', '4', '--learning-rate', '0.01', '--run', 'runs/0002');
}, 120_000);

const cells = (line: string) => line.trim().split(/ {2,}/);

test('runs prints a row for each run, and JSON with --json.', async () => {
  const { stdout, stderr, exitCode } = await run('runs');
  const [header, first, second, ...rest] = stdout.trimEnd().split('\n');
  expect([exitCode, stderr, rest]).toEqual([0, '', []]);
  expect(cells(header)).toEqual([
    ...['run', 'state', 'engine', 'step', 'loss', 'accuracy', 'test loss', 'test accuracy', 'duration'],
  ]);
  expect(cells(first).slice(0, 4)).toEqual(['runs/0001', 'done', 'wasm', '10/10']);
  expect(cells(first).slice(4).join(' ')).toMatch(/^[\d.]+ [\d.]+ [\d.]+ [\d.]+ \d+:\d\d$/);
  expect(cells(second).slice(0, 4)).toEqual(['runs/0002', 'done', 'wasm', '4/4']);
  const json = (await run('runs', 'runs/0002', '--json')).stdout;
  expect(JSON.parse(json)).toMatchObject({
    run: 'runs/0002',
    state: 'done',
    step: 4,
    workers: 1,
    unreadable: 0,
  });
});

test('compare prints what differs, and nothing that is the same.', async () => {
  const { stdout } = await run('compare', 'runs/0001', 'runs/0002');
  const rows = stdout.trimEnd().split('\n').map(cells);
  expect(rows).toContainEqual(['settings', 'runs/0001', 'runs/0002']);
  expect(rows).toContainEqual(['optimizer.learningRate', '0.05', '0.01']);
  expect(rows).toContainEqual(['step', '10/10', '4/4']);
  expect(stdout).not.toMatch(/^(seed|batchSize) /m);
  const { settings, results } = JSON.parse((await run('compare', 'runs/0001', 'runs/0002', '--json')).stdout);
  expect(settings['optimizer.learningRate']).toEqual(['0.05', '0.01']);
  expect(new Set(results.parametersSha256).size).toBe(2);
});

test('inspect prints layers and weights with the hash that the training told.', async () => {
  const { stdout } = await run('inspect', 'runs/0001');
  expect(stdout).toMatch(/step-00000010: 195 parameters, input \[8, 8, 1\]/);
  expect(stdout).toMatch(/^dense_Dense1 +dense +\[3\] +195$/m);
  expect(stdout).toMatch(/^dense_Dense1\/kernel +\[64, 3\] +[\d.]+ +-[\d.]+ +[\d.]+ +[\da-f]{12}$/m);
  const bytes = readFileSync(path('runs/0001/checkpoints/step-00000010/weights.bin'));
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  expect(stdout).toContain(`SHA-256 of the parameters: ${parametersSha256(values)}`);
  const json = JSON.parse((await run('inspect', 'runs/0001', '--json')).stdout);
  const [kernel] = json.weights;
  const norm = Math.sqrt(values.subarray(0, 192).reduce((sum, value) => sum + value * value, 0));
  expect(kernel.norm).toBeCloseTo(norm, 5);
  expect(json).toMatchObject({ parameterCount: 195, step: 10, layers: [{ kind: 'dense' }] });
});

test('metrics that are empty, torn or broken, and runs of another version, are told apart.', {
  timeout: 120_000,
}, async () => {
  for (const name of ['empty', 'torn', 'broken', 'newer'])
    cpSync(path('runs/0001'), path('odd', name), { recursive: true });
  truncateSync(path('odd/empty/metrics.jsonl'), 0);
  appendFileSync(path('odd/torn/metrics.jsonl'), '{"kind":"step","st');
  writeFileSync(path('odd/broken/metrics.jsonl'), 'not JSON\n');
  const config = JSON.parse(readFileSync(path('odd/newer/config.json'), 'utf8'));
  writeFileSync(path('odd/newer/config.json'), JSON.stringify({ ...config, formatVersion: 99 }));
  rmSync(path('odd/torn/sessions.jsonl'));
  const { stdout, stderr, exitCode } = await run('runs', 'odd');
  expect(exitCode).toBe(1);
  const rows = Object.fromEntries(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => [cells(line)[0], cells(line)]),
  );
  expect(rows['odd/empty'].slice(1, 6)).toEqual(['done', 'wasm', '10/10', '-', '-']);
  expect(rows['odd/torn'].slice(1, 4)).toEqual(['ended', 'wasm', '10/10']);
  expect(rows['odd/torn'].at(-1)).toBe('-');
  expect(Object.keys(rows)).not.toContain('odd/newer');
  expect(stderr).toMatch(/^gradpool: odd\/broken: 1 line of its metrics cannot be read/m);
  expect(stderr).toMatch(/^gradpool: odd\/newer is left out: .*99/m);
  for (const args of [
    ['evaluate', '--data', 'data', '--run', 'odd/newer'],
    ['compare', 'runs/0001', 'odd/newer'],
    ['serve', 'odd/newer', '--port', '0'],
  ])
    expectRefusal(await run(...args), 1, /odd\/newer\/config\.json.*got 99: a newer version of gradpool/);
});

test('a run that is still written is running, and can be looked into.', { timeout: 240_000 }, async () => {
  const typed = ['--data', 'data', '--model', 'small.mjs', '--batch-size', '8', '--workers', '1'];
  const often = ['--log-every', '1', '--save-every', '200', '--steps', '100000000'];
  const child = start(['train', ...typed, ...often, '--run', 'live/0001']);
  const end = ended(child);
  while (box.list('live/0001/checkpoints').every((name) => !/^step-\d+$/.test(name))) await setTimeout(50);
  const { stdout } = await run('runs', 'live');
  const looks = {
    evaluate: await run('evaluate', '--data', 'data', '--run', 'live/0001', '--json'),
    inspect: await run('inspect', 'live/0001', '--json'),
    compare: await run('compare', 'live/0001', 'runs/0001', '--json'),
    report: await run('report', 'live/0001', '--data', 'data', '--out', 'live.html'),
  };
  // Nothing of it was in the way of the training.
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  await end;
  expect(cells(stdout.split('\n')[1]).slice(0, 2)).toEqual(['live/0001', 'running']);
  for (const [command, { exitCode, stderr }] of Object.entries(looks))
    expect({ command, exitCode, stderr }).toMatchObject({ command, exitCode: 0 });
  expect(JSON.parse(looks.evaluate.stdout).global_step % 200).toBe(0);
  expect(JSON.parse(looks.inspect.stdout).step % 200).toBe(0);
  expect(JSON.parse(looks.compare.stdout).results.state).toEqual(['running', 'done']);
  expect(readFileSync(path('live.html'), 'utf8')).toContain('live/0001');
  expect(cells((await run('runs', 'live')).stdout.split('\n')[1])[1]).toBe('stopped');
});

test.each([
  [['runs', 'nowhere'], /Expected a directory of runs at nowhere, got nothing there/],
  [['runs', 'data'], /Expected data to hold runs, got none/],
  [['compare', 'runs/0001', 'nowhere'], /Expected a run's directory at nowhere, got none/],
  [['inspect', 'nowhere'], /nowhere/],
])('%j is refused in one line.', async (args, message) => {
  expectRefusal(await run(...args), 1, message);
});
