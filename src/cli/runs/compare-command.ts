import { flatFields, readRunFields } from '../../pages/read-run.ts';
import { findCheckpoint } from '../../run/checkpoint-read.ts';
import { findSavedStep, isGanRun } from '../../run/gan-run.ts';
import { counted } from '../../shown.ts';
import { duration } from '../print/duration.ts';
import { print, short } from '../print/output.ts';
import { printable } from '../print/printable.ts';
import { aligned } from '../print/table.ts';
import { type RunSummary, summaryOf } from './summary.ts';

export interface CompareCommandOptions {
  readonly json?: boolean;
}

/** A line of what differs: a name, and what each run has, '-' where it has nothing. */
type Difference = readonly [name: string, first: string, second: string];

/** Prints what differs between two runs. @returns the exit code */
export async function compareCommand(
  first: string,
  second: string,
  { json = false }: CompareCommandOptions = {},
): Promise<number> {
  const runs = [await about(first), await about(second)] as const;
  const settings = differences(runs[0].settings, runs[1].settings);
  const results = differences(runs[0].results, runs[1].results);
  const same = Object.keys(runs[0].settings).length - settings.filter(([, own]) => own !== '-').length;
  if (json) {
    const asFields = (list: readonly Difference[]) =>
      Object.fromEntries(list.map(([name, ...values]) => [name, values]));
    print(
      JSON.stringify({
        runs: [first, second],
        settings: asFields(settings),
        same,
        results: asFields(results),
      }),
    );
    return 0;
  }
  const heading = (what: string): Difference => [what, printable(first), printable(second)];
  const rows = [heading('settings'), ...settings, heading('results'), ...results];
  for (const line of aligned(rows, 3)) print(line);
  print(`${counted(same, 'setting')} the same`);
  return 0;
}

async function about(run: string) {
  const { steps: _, ...fields } = flatFields(await readRunFields(run));
  const settings = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, printable(value)]),
  );
  return { settings, results: resultsOf(await summaryOf(run), await parametersOf(run)) };
}

/** SHA-256 of the parameters of the newest whole checkpoint. */
async function parametersOf(run: string): Promise<string | undefined> {
  if (await isGanRun(run))
    return (await findSavedStep(run))?.checkpoints.generator.manifest.files['weights.bin'].sha256;
  return (await findCheckpoint(run))?.checkpoint.manifest.files['weights.bin'].sha256;
}

function resultsOf(summary: RunSummary, parametersSha256: string | undefined): Record<string, string> {
  const { state, step, steps, losses, accuracy, test, seconds } = summary;
  const named = Object.entries(test ?? {}).map(([name, value]) => [`test ${name}`, short(value)]);
  return {
    state,
    step: steps === null ? `${step}` : `${step}/${steps}`,
    loss: losses.map(short).join(' '),
    ...(accuracy === null ? {} : { accuracy: short(accuracy) }),
    ...Object.fromEntries(named),
    ...(seconds === null ? {} : { duration: duration(seconds) }),
    ...(parametersSha256 === undefined ? {} : { parametersSha256 }),
  };
}

function differences(
  first: Readonly<Record<string, string>>,
  second: Readonly<Record<string, string>>,
): Difference[] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  return names
    .map((name): Difference => [name, first[name] ?? '-', second[name] ?? '-'])
    .filter(([, one, other]) => one !== other);
}
