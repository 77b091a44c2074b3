/** Faults of real threads, processes, disks and files. They run in processes of their own, with the injector in them. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Outcome, Scenario } from './scenario.ts';

const here = import.meta.dirname;

interface Line {
  readonly name: string;
  readonly scenario: Scenario;
  readonly outcome: Outcome;
}

const kinds = [
  ...['throw', 'exit', 'terminate', 'heap exhaustion', 'WebAssembly trap', 'endless loop', 'straggler'],
  ...['failing start', 'NaN once', 'several at once', 'NaN lasting', 'SIGKILL', 'SIGTERM', 'SIGINT'],
  ...['ENOSPC or EIO', 'checkpoint', 'IDX file'],
];
const faults = 68;
let lines: Line[];

beforeAll(async () => {
  const args = ['--faults', `${faults}`, '--seed', '20', '--json'];
  lines = (await underInjector(join(here, '../../scripts/chaos.ts'), args)) as Line[];
}, 300_000);

test('every fault was tried, and struck', () => {
  expect(lines.length).toBe(faults);
  expect(lines.filter(({ outcome }) => !outcome.struck).map(({ scenario }) => scenario)).toEqual([]);
});

test.for(kinds)('%s: the training ends with the bits of one without, and leaves nothing behind', (kind) => {
  const own = lines.filter(({ name }) =>
    kind === 'ENOSPC or EIO' ? ['ENOSPC', 'EIO'].includes(name) : name.startsWith(kind),
  );
  expect(own.length).toBe(faults / kinds.length);
  for (const { scenario, outcome } of own) expect(outcome.failures, JSON.stringify(scenario)).toEqual([]);
});

test('with recovery switched off, each kind of fault makes the training fail.', async () => {
  const ends = (await underInjector(join(here, 'without-recovery.ts'), [])) as [string, string][];
  expect(ends.map(([kind]) => kind)).toEqual([
    ...['throw', 'exit', 'terminate', 'heap exhaustion', 'WebAssembly trap', 'endless loop', 'failing start'],
  ]);
  for (const [kind, end] of ends)
    expect(end, kind).toMatch(/got 1 failures|got none: each was started again 0 times/);
});

/** @returns what the program prints, a JSON value a line */
function underInjector(program: string, args: readonly string[]): Promise<unknown[]> {
  const child = spawn(process.execPath, ['--import', join(here, 'inject.ts'), program, ...args], {
    timeout: 280_000,
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) =>
    child.once('close', () => {
      if (output === '') reject(new Error(errors));
      else
        resolve(
          output
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line)),
        );
    }),
  );
}
