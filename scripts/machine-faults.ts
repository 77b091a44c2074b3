/**
 * Faults of ranks on two machines made of network namespaces, each many times at seeded moments. As root, with Open MPI:
 *
 *   node scripts/machine-faults.ts [repeats, default 20] [words of a fault's name]
 */
import { messageOf } from '../src/errors.ts';
import { randomWords } from '../src/random.ts';
import { compareResumed, type Fault, faults, runInto, writeTraining } from '../testing/exchange/faults.ts';
import { createMachines, whyNoMachines } from '../testing/exchange/machines.ts';

const [repeats = '20', only = ''] = process.argv.slice(2);
const why = whyNoMachines();
if (why !== undefined) throw new Error(`No machines can be made up here: ${why}`);

let bad = 0;
const machines = createMachines();
try {
  writeTraining(machines);
  for (const [at, fault] of faults.entries()) {
    if (!fault.name.includes(only)) continue;
    const seconds: number[] = [];
    for (let seed = 1; seed <= Number(repeats); seed++) {
      const run = `run-${at}-${seed}`;
      const wrong = await whatIsWrong(run, fault, momentOf(seed, at), seconds).catch(messageOf);
      if (wrong === undefined) continue;
      bad++;
      console.log(`${fault.name}, seed ${seed}: ${wrong}`);
    }
    const sorted = seconds.toSorted((a, b) => a - b);
    console.log(
      `${fault.name}: ${repeats} times, ${sorted[sorted.length >> 1]?.toFixed(1)} s to the end (median; ${sorted.at(-1)?.toFixed(1)} s at most)`,
    );
  }
} finally {
  machines.remove();
}
console.log(bad === 0 ? 'all as promised' : `${bad} not as promised`);
process.exitCode = bad === 0 ? 0 : 1;

/** Up to a second after the first checkpoint, in milliseconds. */
function momentOf(seed: number, at: number): number {
  return randomWords(seed, 1, at)(0) % 1000;
}

async function whatIsWrong(
  run: string,
  fault: Fault,
  delay: number,
  seconds: number[],
): Promise<string | undefined> {
  const outcome = await runInto(fault, machines, run, delay);
  seconds.push(outcome.seconds);
  const { exitCode, stdout, stderr, left } = outcome;
  if (exitCode !== fault.exitCode)
    return `exit code ${exitCode}, not ${fault.exitCode}: ${stderr.slice(-500)}`;
  if (left > 0) return `${left} processes are left`;
  if (!fault.says.test(stdout + stderr)) return `does not say ${fault.says}: ${stderr.slice(-500)}`;
  if (!fault.isKept) return undefined;
  const [resumed, undisturbed] = await compareResumed(machines, run);
  return resumed === undisturbed ? undefined : 'the resumed run has other weights';
}
