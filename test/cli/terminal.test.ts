import { spawn, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ended } from '../programs.ts';
import { sandbox, writeImages } from './sandbox.ts';

const box = sandbox();
const main = `${import.meta.dirname}/../../src/cli/main.ts`;

/** Runs its arguments on a terminal of its own, and prints what that was sent. */
const onTerminal = `import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))`;

const hasTerminals = spawnSync('python3', ['-c', 'import pty; pty.openpty()']).status === 0;

test.runIf(hasTerminals).each([
  ['a terminal that knows nothing', { TERM: 'dumb' }, false],
  ["a CI's terminal", { TERM: 'xterm', CI: 'true' }, false],
  ['a terminal without colours', { TERM: 'xterm', NO_COLOR: '1' }, true],
  ['a terminal', { TERM: 'xterm' }, true],
])('%s is sent no escape code by any command.', async (name, given, hasProgress) => {
  const { CI: _ci, NO_COLOR: _colour, ...env } = process.env;
  const typed = (...args: string[]) =>
    ended(
      spawn('python3', ['-c', onTerminal, process.execPath, main, ...args], {
        cwd: box.path(),
        env: { ...env, ...given },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  writeImages(box, 'data');
  const options = ['--data', 'data', '--batch-size', '8', '--workers', '1', '--steps', '4', '--run', name];
  const trained = await typed('train', ...options);
  expect(trained.stdout).toContain('global_step: 4}');
  expect(/\r(?!\n)/.test(trained.stdout), trained.stdout).toBe(hasProgress);
  const others = [await typed('evaluate', '--run', name, '--workers', 'x'), await typed('--help')];
  for (const { stdout } of [trained, ...others]) expect(stdout).not.toMatch(/[^\P{Cc}\r\n]/u);
});
