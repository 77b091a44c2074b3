/** Copies of the project in which faults are seeded and tests run; the project's own files are never changed. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from '../process.mjs';
import type { Mutant } from './mutant.ts';

const root = join(import.meta.dirname, '..', '..');
const copied = [
  'src',
  'test',
  'testing',
  'scripts',
  'build/kernels',
  'build/pages',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** What became of a test: 'red' by an assertion of its own, 'broken' by anything else. */
export type Outcome = 'green' | 'red' | 'broken' | 'not run';

/** A copy of the sources, tests and kernels in the folder `source`, on the same packages. */
export function copyProject(target: string, source: string = root): void {
  mkdirSync(target, { recursive: true });
  for (const path of copied)
    if (existsSync(join(source, path))) cpSync(join(source, path), join(target, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'), 'junction');
}

export const seed = (folder: string, mutant: Mutant): void =>
  writeFileSync(join(folder, mutant.file), withFault(folder, mutant));

/**
 * The text of a file with the fault in it.
 * @throws when the fault's place is not found exactly once
 */
export function withFault(folder: string, { name, file, find, replace }: Mutant): string {
  const parts = readFileSync(join(folder, file), 'utf8').split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `Expected ${file} to hold the place of the fault "${name}" once, got ${parts.length - 1} times: ${JSON.stringify(find)}; update scripts/mutants/faults or places.ts`,
  );
}

/** Builds the kernels again where their sources have changed. */
export async function buildKernels(folder: string): Promise<void> {
  const { code, output } = await runQuietly(process.execPath, ['scripts/build-kernels.ts'], folder);
  if (code !== 0) throw new Error(`The kernels could not be built:\n${output}`);
}

/** Runs tests of one file by their whole names. */
export async function runTests(
  folder: string,
  file: string,
  names: readonly string[],
): Promise<Map<string, Outcome>> {
  const report = join(folder, 'report.json');
  const pattern = names.map((name) => `^${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`).join('|');
  const reporter = ['--reporter=json', `--outputFile=${report}`];
  const args = ['node_modules/vitest/vitest.mjs', 'run', file, '-t', pattern, ...reporter];
  await runQuietly(process.execPath, args, folder);
  const outcomes = new Map<string, Outcome>(names.map((name) => [name, 'not run']));
  for (const { ancestorTitles, title, status, failureMessages } of assertionsOf(report)) {
    const name = [...ancestorTitles, title].join(' > ');
    if (outcomes.has(name)) outcomes.set(name, outcomeOf(status, failureMessages));
  }
  return outcomes;
}

/** What is used of a test in Vitest's JSON report. */
interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

function assertionsOf(report: string): Assertion[] {
  if (!existsSync(report)) return [];
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: Assertion[] }[];
  };
  return testResults.flatMap(({ assertionResults }) => assertionResults);
}

/** How Vitest's stacks begin: those of `rejects` and `resolves` were made before their assertion failed. */
const assertions =
  /^(AssertionError|Error: promise (resolved|rejected) .* instead of (rejecting|resolving)\n)/;

function outcomeOf(status: string, failures: readonly string[]): Outcome {
  if (status === 'passed') return 'green';
  if (status !== 'failed') return 'not run';
  return failures.every((failure) => assertions.test(failure)) ? 'red' : 'broken';
}
