/**
 * npm run chaos -- --faults 1000 --seed 1: does faults to small trainings, one plan after the other, and checks that
 * each ends with the bits of a training without. Prints what it did by kind; exit code 1 when something was not survived.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { drawScenarios, nameOf } from '../test/chaos/draw.ts';
import {
  commandLineBits,
  type Expected,
  examplesOf,
  nanAlways,
  type Outcome,
  runScenario,
  type Scenario,
} from '../test/chaos/scenario.ts';
import { type TrainingOptions, trainUnderChaos } from '../test/chaos/training.ts';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const outcomes: { readonly name: string; readonly scenario: Scenario; readonly outcome: Outcome }[] = [];
const expected = await withoutFaults();
const threadsBefore = threadsNow();
for (const [index, scenario] of drawScenarios(Number(values.faults), Number(values.seed)).entries()) {
  const outcome = await runScenario(scenario, expected).catch((error: unknown) => failedBy(error));
  const threads = await threadsLeft();
  const failures = [...outcome.failures, ...(threads > 0 ? [`${threads} threads left behind`] : [])];
  outcomes.push({ name: nameOf(scenario), scenario, outcome: { ...outcome, failures } });
  if (values.json) console.log(JSON.stringify(outcomes.at(-1)));
  else if (failures.length > 0)
    console.log(`${index}: ${JSON.stringify(scenario)}\n  ${failures.join('\n  ')}`);
}
if (!values.json) report();
process.exitCode = outcomes.every(({ outcome }) => outcome.failures.length === 0) ? 0 : 1;

async function withoutFaults(): Promise<Expected> {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-chaos-'));
  const skipped = new Map<number, string>();
  try {
    return {
      small: await bitsOf({}),
      tutorial: await bitsOf(await examplesOf('tutorial')),
      commandLine: await commandLineBits(directory),
      async skipped(step) {
        const faults = [nanAlways(step)];
        const bits = skipped.get(step) ?? (await bitsOf({ faults, onNan: 'skip' }));
        skipped.set(step, bits);
        return bits;
      },
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function bitsOf(options: TrainingOptions): Promise<string> {
  return (await trainUnderChaos({ workers: 2, ...options })).result.parametersSha256;
}

function failedBy(error: unknown): Outcome {
  return {
    failures: [`${error}`],
    noticed: [],
    back: [],
    struck: true,
  };
}

/** A thread that has ended is gone from the list a moment later. */
async function threadsLeft(): Promise<number> {
  for (let waited = 0; waited < 1000 && threadsNow() > threadsBefore; waited += 50) await setTimeout(50);
  return Math.max(0, threadsNow() - threadsBefore);
}

function threadsNow(): number {
  return Number(/Threads:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

function report(): void {
  const rows: Record<string, { scenarios: number; struck: number; survived: number }> = {};
  for (const { name, outcome } of outcomes) {
    rows[name] ??= { scenarios: 0, struck: 0, survived: 0 };
    rows[name].scenarios++;
    if (outcome.struck) rows[name].struck++;
    if (outcome.failures.length === 0) rows[name].survived++;
  }
  console.table(rows);
  console.log(`death to noticing, ms: ${quantiles(outcomes.flatMap(({ outcome }) => outcome.noticed))}`);
  console.log(`death to full strength, ms: ${quantiles(outcomes.flatMap(({ outcome }) => outcome.back))}`);
}

function quantiles(list: readonly number[]): string {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1);
  return `median ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)} (${sorted.length} deaths)`;
}
