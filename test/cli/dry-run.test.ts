import { cpSync, readdirSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { expectRefusal, modelModule, sandbox, smallModel, writeImages } from '../../testing/cli/sandbox.ts';

const box = sandbox();
const { run, write, list, path } = box;
const typed = ['--data', 'data', '--model', 'model.js', '--batch-size', '8', '--workers', '1'];
const everything = () => readdirSync(path(), { recursive: true }).sort();

beforeAll(() => {
  writeImages(box, 'data');
  write('model.js', modelModule(smallModel));
});

test('a dry run shows the training and an estimate, and writes nothing.', async () => {
  const before = everything();
  const { stdout, stderr, exitCode } = await run(
    '--dry-run',
    ...typed,
    '--steps',
    '500',
    '--eval-every',
    '100',
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(
    /\ndata +data: 40 [\s\S]*\nmodel [\s\S]*\nengine [\s\S]*\nsteps +1 to 500, 5 an epoch\nmemory +\d+ MiB shared\nestimate +.*500 steps of [\d.e+-]+ ms, 5 evaluations of/,
  );
  expect(everything()).toEqual(before);
  expect(list('runs')).toEqual([]);
});

test('a dry run of a resumed run counts what is left, as JSON, and leaves the run as it was.', async () => {
  expect((await run(...typed, '--steps', '4', '--run', 'run')).exitCode).toBe(0);
  cpSync(path('run'), path('copy'), { recursive: true });
  const { stdout, exitCode } = await run('--dry-run', '--resume', '--run', 'run', '--steps', '20', '--json');
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(exitCode).toBe(0);
  expect(events).toMatchObject([
    { kind: 'start', fromStep: 4, steps: 20 },
    { kind: 'estimate', steps: 16, evaluations: 1 },
  ]);
  expect(readdirSync(path('run'), { recursive: true }).sort()).toEqual(
    readdirSync(path('copy'), { recursive: true }).sort(),
  );
  expectRefusal(await run('--dry-run', ...typed, '--run', 'run'), 1, /run has checkpoints/);
  const fewer = await run('--dry-run', '--resume', '--run', 'run', '--steps', '1');
  expectRefusal(fewer, 1, /`--steps` to be at least 4/);
});

test('a dry run names what is wrong: no run to resume, and a file in the way.', async () => {
  expectRefusal(await run('--dry-run', '--resume', '--run', 'nowhere'), 2, /nowhere/);
  expectRefusal(await run('--dry-run', ...typed, '--run', 'model.js/run'), 1, /model\.js/);
});
