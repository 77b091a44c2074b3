import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { printable } from '../../src/cli/print/printable.ts';
import { expectRefusal, modelModule, sandbox, smallModel, writeImages } from '../../testing/cli/sandbox.ts';
import { ended } from '../../testing/programs.ts';

const box = sandbox();
const main = `${import.meta.dirname}/../../src/cli/main.ts`;
const fast = ['--data', 'data', '--batch-size', '8', '--workers', '1', '--steps', '4', '--save-every', '2'];

beforeAll(() => {
  writeImages(box, 'data');
});

const endless: Record<string, string> = {
  'whose promise never settles': 'export default () => new Promise(() => {});',
  'whose top-level await never settles': 'await new Promise(() => {}); export default () => {};',
  'that leaves the process': 'export default () => process.exit(0);',
};

test.each(Object.entries(endless))('a model module %s is an error, not a success.', async (name, content) => {
  const file = box.write(`${name.replaceAll(' ', '-')}.mjs`, content);
  expectRefusal(await box.run(...fast, '--model', file), 1, file, /ended before it gave a model/);
});

test('a promise that a model module left to itself is one line that names the module.', async () => {
  const file = box.write(
    'stray.mjs',
    'export default () => { Promise.reject(new Error("lost")); return new Promise(() => {}); };',
  );
  expectRefusal(await box.run(...fast, '--model', file), 1, /stray\.mjs.*lost/);
});

test('a model module that keeps a handle open does not keep the command.', async () => {
  const file = box.write('handle.mjs', `setInterval(() => {}, 1000);\n${modelModule(smallModel)}`);
  expect(await box.run(...fast, '--model', file, '--run', 'handle')).toMatchObject({ exitCode: 0 });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s stops a model module that loops for ever.', async (signal, code) => {
  const file = box.write('loop.mjs', 'console.error("loops"); for (;;);');
  const child = box.start([...fast, '--model', file]);
  const end = ended(child);
  await setTimeout(1500);
  child.kill(signal);
  expect(await end).toMatchObject({ exitCode: code });
});

test.runIf(existsSync('/dev/full'))(
  'a full disk behind an output costs the output, not the training.',
  async () => {
    for (const [number, name] of [
      [1, 'stdout'],
      [2, 'stderr'],
    ] as const) {
      const stdio: (number | 'pipe' | 'ignore')[] = ['ignore', 'pipe', 'pipe'];
      stdio[number] = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [main, ...fast, '--run', name], { cwd: box.path(), stdio });
      const { exitCode, stderr } = await ended(child);
      expect(exitCode).toBe(1);
      if (number === 1) expect(stderr).toMatch(/^error: Could not write to standard output: .*ENOSPC/m);
      expect(box.list(`${name}/checkpoints`)).toEqual(['step-00000002', 'step-00000004']);
    }
    for (const args of [['evaluate'], ['predict', '--index', '0']]) {
      const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
      const child = spawn(process.execPath, [main, ...args, '--run', 'stderr'], {
        cwd: box.path(),
        stdio: [...stdio],
      });
      expect(await ended(child)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^error: Could not write to standard output: .*ENOSPC.*\n$/),
      });
    }
  },
);

test('a signal ends the other commands with its exit code as soon as anything of gradpool runs.', async () => {
  const signal =
    "setInterval(() => process.listenerCount('SIGTERM') > 0 && process.kill(process.pid, 'SIGTERM'), 1)";
  const args = ['--import', `data:text/javascript,${signal}`, main, 'evaluate', '--run', 'stderr'];
  const end = await ended(spawn(process.execPath, args, { cwd: box.path() }));
  expect(end).toEqual({ exitCode: 143, stdout: '', stderr: '' });
});

test('no name or message gives a command to the terminal.', async () => {
  const name = 'a\x1b[2J\x07\x7f\x9b31m\u202ex';
  expect(printable(name)).toBe('a\\u001b[2J\\u0007\\u007f\\u009b31m\\u202ex');
  expect(printable('\n\t\u2066\u2028')).toBe('\\n\\t\\u2066\\u2028');
  const layer = modelModule(
    `layers.conv2d({ inputShape, filters: 2, kernelSize: 3, name: ${JSON.stringify(name)} }), layers.flatten(), layers.dense({ units: classes })`,
  );
  const lines = [
    ['train', ...fast, '--verbose', '--model', box.write('named.mjs', layer), '--run', name],
    ['train', '--data', name, '--verbose'],
    ['evaluate', '--run', name],
    ['predict', '--run', name, `${name}.png`],
    [
      'train',
      '--data',
      'data',
      '--model',
      box.write('throws.mjs', `throw new Error(${JSON.stringify(name)})`),
    ],
    [...['train', '--data', 'data', '--model'], box.write('rejects.mjs', thrower(name))],
    ['train', '--run', name, '--resume', '--layers', `${name}.mjs`],
    ['evaluate', '--verbose', '--model', `${name}.json`],
    ['predict', '--run', name, box.write(`${name}.idx`, `\0\0${name}`)],
    ['train', `--${name}`],
    ['train', '--engine', name],
    [name],
  ];
  for (const line of lines) {
    const { stdout, stderr } = await box.run(...line);
    expect(`${stdout}${stderr}`, line.join(' ')).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    expect(`${stdout}${stderr}`.length, line.join(' ')).toBeGreaterThan(0);
  }
});

/** A model module whose promise is rejected with an error of that message. */
const thrower = (message: string): string =>
  `export default () => Promise.reject(new Error(${JSON.stringify(message)}));`;
