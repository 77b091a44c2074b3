/**
 * Shows that the tests can fail: seeds small faults into copies of the project, one at a time, and demands that the
 * test named for each turns red by an assertion, and is green without the fault. Ends non-zero if a fault survives.
 *
 *     npm run test:mutants                  all of them
 *     npm run test:mutants -- velocity adam those whose name or file holds one of the words
 *
 * The faults, and how to add one: scripts/mutants/list.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutants } from './mutants/list.ts';
import type { Mutant } from './mutants/mutant.ts';
import { buildKernels, copyProject, type Outcome, runTests, seed, withFault } from './mutants/workshop.ts';

/** Mutants side by side: a test run starts on one core and then trains on several. */
const lanes = 2;

const folder = mkdtempSync(join(tmpdir(), 'gradpool-mutants-'));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main(words: readonly string[]): Promise<number> {
  const isNamed = (word: string) => mutants.some((mutant) => isOf(mutant, word));
  const unknown = words.find((word) => !isNamed(word));
  if (unknown !== undefined) throw new Error(`Expected words of faults' names or files, got \`${unknown}\``);
  const chosen = mutants.filter((mutant) => words.length === 0 || words.some((word) => isOf(mutant, word)));
  // One copy is the original of all others: the project may change while this runs.
  const original = join(folder, 'original');
  copyProject(original);
  await buildKernels(original);
  for (const mutant of chosen) withFault(original, mutant);
  if (!(await isGreen(original, chosen))) return 1;

  let caught = 0;
  await inLanes(chosen, async (mutant) => {
    const outcome = await outcomeWith(original, mutant);
    if (outcome === 'red') caught++;
    console.log(
      `${outcome === 'red' ? 'caught' : `SURVIVED (test ${outcome})`}: ${mutant.name} (${mutant.file})`,
    );
  });
  console.log(`\n${caught} of ${chosen.length} faults caught`);
  return caught === chosen.length ? 0 : 1;
}

function isOf({ name, file }: Mutant, word: string): boolean {
  return `${name} ${file}`.includes(word);
}

/** Whether every test that is to notice a fault passes without one. */
async function isGreen(original: string, chosen: readonly Mutant[]): Promise<boolean> {
  const byFile = new Map<string, Set<string>>();
  for (const { witness } of chosen)
    byFile.set(witness.file, (byFile.get(witness.file) ?? new Set()).add(witness.test));
  let green = true;
  for (const [file, tests] of byFile)
    for (const [test, outcome] of await runTests(original, file, [...tests])) {
      if (outcome === 'green') continue;
      green = false;
      console.log(`Expected to be green without a fault, but ${outcome}: ${file}: ${test}`);
    }
  return green;
}

async function outcomeWith(original: string, mutant: Mutant): Promise<Outcome> {
  const copy = mkdtempSync(join(folder, 'mutant-'));
  copyProject(copy, original);
  seed(copy, mutant);
  await buildKernels(copy);
  const { file, test } = mutant.witness;
  const outcomes = await runTests(copy, file, [test]);
  rmSync(copy, { recursive: true, force: true });
  return outcomes.get(test) ?? 'not run';
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
