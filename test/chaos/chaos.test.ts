/** Faults of real threads, processes, disks and files. They run in processes of their own, with the injector in them. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import { coveringScenarios } from '../../testing/chaos/cover.ts';
import { countOf } from '../../testing/chaos/draw.ts';
import { threadFaults } from '../../testing/chaos/fault.ts';
import { isPossible, points } from '../../testing/chaos/points.ts';
import type { Outcome, Scenario } from '../../testing/chaos/scenario.ts';

const root = join(import.meta.dirname, '..', '..');
/** Far more than it takes: other work on the machine is no failure. */
const patience = 600_000;
const scenarios = coveringScenarios();

describe('faults of every kind at every point', () => {
  const lines = linesOf(join(root, 'scripts/chaos.ts'), '--cover', '--json');
  const struck: Outcome['struck'][number][] = [];

  test.for(scenarios.map((scenario, index) => ({ title: titleOf(scenario, index), scenario, index })))(
    'leave the bits, count every example once, and leave nothing behind: $title',
    { timeout: patience },
    async ({ scenario, index }, { skip }) => {
      const { outcome, scenario: done } = (await lines(index)) as Line & {
        outcome: Outcome;
        scenario: Scenario;
      };
      expect(done).toEqual(scenario);
      if (outcome.skipped !== undefined) skip(outcome.skipped);
      expect(outcome.failures).toEqual([]);
      expect(outcome.struck.filter((one) => !one.struck)).toEqual([]);
      expect(outcome.struck.length).toBe(countOf(scenario));
      struck.push(...outcome.struck);
    },
  );

  test('are at least 60, and none of a worker is left out', () => {
    expect(struck.length).toBeGreaterThanOrEqual(60);
    const done = struck.map(({ kind, point }) => `${kind} at ${point}`);
    for (const kind of threadFaults)
      for (const point of points)
        if (isPossible(kind, point)) expect(done, `${kind} at ${point}`).toContain(`${kind} at ${point}`);
  });
});

describe('with recovery switched off', () => {
  const lines = linesOf(join(root, 'testing/chaos/without-recovery.ts'));

  test.for(
    [
      ...[
        'throw',
        'exit',
        'terminate',
        'heap exhaustion',
        'WebAssembly trap',
        'endless loop',
        'failing start',
      ],
      ...['NaN once', 'SIGKILL', 'SIGTERM', 'SIGINT', 'ENOSPC', 'EIO', 'broken checkpoint', 'broken IDX'],
    ].map((kind, index) => ({ kind, index })),
  )('the training does not get to its end: $kind', { timeout: patience }, async ({ kind, index }) => {
    const line = (await lines(index)) as Line & { kind: string; end: string };
    expect(line.kind).toBe(kind);
    expect(line.end).toMatch(ends[kind] ?? /got 1 failures|got none: each was started again 0 times/);
  });
});

/** How a training ends without recovery, where it is not for want of a worker. */
const ends: Record<string, RegExp> = {
  'NaN once': /a loss of NaN in step 3/,
  SIGKILL: /^signal SIGKILL, no checkpoint/,
  SIGTERM: /^exit code 143, (?!.*step-00000060)/,
  SIGINT: /^exit code 130, (?!.*step-00000060)/,
  ENOSPC: /Could not write the checkpoint .+ENOSPC/,
  EIO: /Could not write the checkpoint .+EIO/,
  'broken checkpoint': /^Expected a whole checkpoint in .+, got 1 broken/,
  'broken IDX': /^exit code 1, error: Expected `--data` to be the set/,
};

function titleOf(scenario: Scenario, index: number): string {
  return `${index + 1}. ${countOf(scenario)} of ${scenario.family}, ${placeOf(scenario)}`;
}

function placeOf(scenario: Scenario): string {
  if ('workers' in scenario) return `workers: ${scenario.workers}`;
  return 'where' in scenario ? scenario.where : scenario.what;
}

interface Line {
  readonly index: number;
}

/** @returns the line that the program prints of each index; it begins with the first one asked for */
function linesOf(program: string, ...args: string[]): (index: number) => Promise<Line> {
  const printed = printedBy(program, args);
  const lines = new Map<number, Line>();
  afterAll(() => printed.return(undefined));
  return async (index) => {
    for (;;) {
      const line = lines.get(index);
      if (line !== undefined) return line;
      const { value } = await printed.next();
      if (value === undefined) throw new Error('The program ended before');
      lines.set(value.index, value);
    }
  };
}

async function* printedBy(program: string, args: readonly string[]): AsyncGenerator<Line, undefined> {
  const child = spawn(process.execPath, [
    '--import',
    join(root, 'testing/chaos/inject.ts'),
    program,
    ...args,
  ]);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Line;
    await ended;
    throw new Error(`The program has ended: ${errors}`);
  } finally {
    child.kill();
  }
}
