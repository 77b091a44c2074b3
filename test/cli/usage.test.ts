import { expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { expectRefusal, sandbox } from '../../testing/cli/sandbox.ts';

const { run, list } = sandbox();

const wrong: Record<string, RegExp> = {
  '--workers 0': /Expected `--workers` to be an integer from 1 to 1024, got `0`/,
  '--workers -1': /`--workers`.*`-1`/,
  '--workers 1.5': /`--workers`.*`1\.5`/,
  '--workers abc': /`--workers`.*`abc`/,
  '--workers 1025': /`--workers`.*`1025`/,
  '--workers=': /`--workers`.*``/,
  '--batch-size 0': /`--batch-size` to be an integer .*`0`/,
  '--batch-size 1e2': /`--batch-size`.*`1e2`/,
  '--shards 0': /`--shards`.*`0`/,
  '--shards 101': /`--shards` to be at most the batch size, 100, got 101/,
  '--steps 0': /`--steps`.*`0`/,
  '--learning-rate -0.1': /`--learning-rate` to be a finite number >= 0, got `-0\.1`/,
  '--learning-rate NaN': /`--learning-rate`.*`NaN`/,
  '--momentum 1': /`--momentum` to be .* less than 1, got `1`/,
  '--engine cuda': /`--engine` to be auto, wasm, tensorflow or reference, got `cuda`/,
  '--frobnicate': /unknown option '--frobnicate'/,
  trian: /unknown command 'trian'.*train/,
  'train more': /too many arguments/,
  'train --steps': /'--steps <n>' argument missing/,
  'evaluate --workers 0': /`--workers`.*`0`/,
  'evaluate --run a --model b': /one of --run and --model/,
  predict: /files of examples, .*`--index`/,
  'predict --index x': /`--index`.*`x`/,
  'predict a.png --top 0': /`--top`.*`0`/,
};

test.concurrent.each(Object.entries(wrong))(
  'gradpool %s is refused with exit code 2.',
  async (line, message) => {
    expectRefusal(await run(...line.split(' ')), 2, message);
    expect(list()).toEqual([]);
  },
);

test('the help shows every command and examples, that of a command its options; both succeed.', async () => {
  const program = await run('--help');
  const train = await run('train', '--help');
  expect([program.exitCode, program.stderr, train.exitCode, train.stderr]).toEqual([0, '', 0, '']);
  for (const text of ['train', 'evaluate', 'predict', 'Examples:', '$ gradpool'])
    expect(program.stdout).toContain(text);
  const options =
    'workers batch-size steps epochs learning-rate momentum seed shards engine model data run resume save-every eval-every log-every log-probabilities verbose';
  for (const option of options.split(' ')) expect(train.stdout).toContain(`--${option} `);
});

test('--version prints the version alone.', async () => {
  const { exitCode, stdout } = await run('--version');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('--verbose adds where an error came from.', async () => {
  const { exitCode, stderr } = await run('--workers', '0', '--verbose');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^error: Expected `--workers`.*\n/);
  expect(stderr).toMatch(/\n\s+at .*config\.ts/);
});

test.for(['', ...createProgram().commands.map((command) => command.name())])(
  'the help of %s fits into 80 columns, and many options are in groups.',
  async (name) => {
    const { stdout, exitCode } = await run(...(name === '' ? [] : [name]), '--help');
    expect(exitCode).toBe(0);
    const lines = stdout.split('\n');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
    const options = lines.filter((line) => /^ {2}-/.test(line)).length;
    const headings = lines.filter((line) => /^[A-Z].*:$/.test(line)).length;
    if (options > 8) expect(headings).toBeGreaterThan(2);
  },
);
