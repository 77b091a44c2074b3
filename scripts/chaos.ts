/**
 * npm run chaos -- --faults 1000 --seed 1: does faults to small trainings, one plan after the other, and checks that
 * each ends with the bits of a training without; then stops 2000 trainings early (--stops). Prints what it did by kind;
 * exit code 1 when something was not survived.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { commandLineBits } from '../testing/chaos/command-line.ts';
import { coveringScenarios } from '../testing/chaos/cover.ts';
import { drawScenarios } from '../testing/chaos/draw.ts';
import { earlyEndsOf } from '../testing/chaos/early-stops.ts';
import { runScenario } from '../testing/chaos/run-scenario.ts';
import type { Expected, Outcome, Scenario } from '../testing/chaos/scenario.ts';
import { nanAlways, optionsOf } from '../testing/chaos/threads.ts';
import { type TrainingOptions, trainUnderChaos } from '../testing/chaos/training.ts';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    /** Early stops in one program, and a part of as many in other ways. */
    stops: { type: 'string', default: '2000' },
    /** In place of random ones, every kind at every point. */
    cover: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const scenarios = values.cover
  ? coveringScenarios()
  : [...drawScenarios(Number(values.faults), Number(values.seed)), ...earlyEndsOf(Number(values.stops))];
const outcomes: { readonly index: number; readonly scenario: Scenario; readonly outcome: Outcome }[] = [];
const expected = await withoutFaults();
const before = threadNames();
// Where nothing is timed, those with processes of their own beside those in this one.
if (values.cover)
  await Promise.all([doThose(isInProcesses), doThose((scenario) => !isInProcesses(scenario))]);
else await doThose(() => true);
if (!values.json) report();
process.exitCode = outcomes.every(({ outcome }) => outcome.failures.length === 0) ? 0 : 1;

async function doThose(areMeant: (scenario: Scenario) => boolean): Promise<void> {
  for (const [index, scenario] of scenarios.entries()) {
    if (!areMeant(scenario)) continue;
    const outcome = await runScenario(scenario, expected).catch((error: unknown) => failedBy(error));
    const left = isInProcesses(scenario) ? [] : await threadsLeft();
    const failures = [...outcome.failures, ...left.map((name) => `a thread left behind: ${name}`)];
    outcomes.push({ index, scenario, outcome: { ...outcome, failures } });
    if (values.json) console.log(JSON.stringify(outcomes.at(-1)));
    else if (failures.length > 0)
      console.log(`${index}: ${JSON.stringify(scenario)}\n  ${failures.join('\n  ')}`);
  }
}

function isInProcesses(scenario: Scenario): boolean {
  if (scenario.family === 'rivals') return scenario.where !== 'one process';
  return ['processes', 'broken IDX', 'early ends'].includes(scenario.family);
}

async function withoutFaults(): Promise<Expected> {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-chaos-'));
  const known = new Map<string, string>();
  const once = async (name: string, options: () => Promise<TrainingOptions>) => {
    const bits = known.get(name) ?? (await bitsOf(await options()));
    known.set(name, bits);
    return bits;
  };
  try {
    return {
      small: await bitsOf({}),
      tutorial: () => once('tutorial', () => optionsOf('tutorial')),
      commandLine: await commandLineBits(directory),
      skipped: (steps) => once(steps.join(), async () => ({ faults: steps.map(nanAlways), onNan: 'skip' })),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function bitsOf(options: TrainingOptions): Promise<string> {
  return (await trainUnderChaos({ workers: 2, ...options })).result.parametersSha256;
}

const failedBy = (error: unknown): Outcome => ({ failures: [`${error}`], struck: [], noticed: [], back: [] });

/** A thread that has ended is gone from the list a moment later. */
async function threadsLeft(): Promise<string[]> {
  let left: string[] = [];
  for (let waited = 0; waited < 2000; waited += 50) {
    left = threadNames();
    for (const name of before) if (left.includes(name)) left.splice(left.indexOf(name), 1);
    if (left.length === 0) return left;
    await setTimeout(50);
  }
  return left;
}

/** Those of this process. */
function threadNames(): string[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      return [readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim()];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

function report(): void {
  const rows: Record<string, { planned: number; struck: number; survived: number }> = {};
  for (const { outcome } of outcomes)
    for (const { kind, struck } of outcome.struck) {
      rows[kind] ??= { planned: 0, struck: 0, survived: 0 };
      rows[kind].planned++;
      if (struck) rows[kind].struck++;
      if (struck && outcome.failures.length === 0) rows[kind].survived++;
    }
  console.table(rows);
  const all = Object.values(rows);
  const sum = (what: 'planned' | 'struck' | 'survived') => all.reduce((total, row) => total + row[what], 0);
  console.log(
    `${outcomes.length} trainings, ${sum('planned')} faults planned, ${sum('struck')} struck, ${sum('survived')} survived`,
  );
  for (const { outcome } of outcomes)
    if (outcome.skipped !== undefined) console.log(`skipped: ${outcome.skipped}`);
  console.log(`death to noticing, ms: ${quantiles(outcomes.flatMap(({ outcome }) => outcome.noticed))}`);
  console.log(`death to full strength, ms: ${quantiles(outcomes.flatMap(({ outcome }) => outcome.back))}`);
}

function quantiles(list: readonly number[]): string {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1);
  return `median ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)} (${sorted.length} deaths)`;
}
