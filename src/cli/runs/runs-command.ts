import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, inputError, messageOf } from '../../errors.ts';
import { exists } from '../../files/atomic-file.ts';
import { configPath } from '../../run/run-config.ts';
import { defaultRuns } from '../../run/run-directory.ts';
import { counted } from '../../shown.ts';
import { duration } from '../print/duration.ts';
import { notice, print, short } from '../print/output.ts';
import { printable } from '../print/printable.ts';
import { aligned } from '../print/table.ts';
import { type RunSummary, summaryOf } from './summary.ts';

export interface RunsCommandOptions {
  readonly json?: boolean;
}

/** Prints a line for each run under a directory. @returns the exit code, 1 where one could not be read */
export async function runsCommand(
  directory: string = defaultRuns,
  { json = false }: RunsCommandOptions = {},
): Promise<number> {
  const runs = await runsUnder(directory);
  const summaries: RunSummary[] = [];
  let failed = 0;
  for (const run of runs) {
    try {
      const summary = await summaryOf(run);
      if (summary.unreadable > 0)
        notice(`${run}: ${counted(summary.unreadable, 'line')} of its metrics cannot be read`);
      summaries.push(summary);
    } catch (error) {
      failed++;
      notice(`${run} is left out: ${messageOf(error)}`);
    }
  }
  if (json) for (const summary of summaries) print(JSON.stringify(summary));
  else if (summaries.length > 0) for (const line of runTable(summaries)) print(line);
  return failed > 0 ? 1 : 0;
}

/** The directory itself, where it is a run. @throws GradpoolError where there are none */
async function runsUnder(directory: string): Promise<string[]> {
  const names = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    const what = codeOf(error) === 'ENOENT' ? 'nothing there' : messageOf(error);
    throw inputError(`Expected a directory of runs at ${directory}, got ${what}; train one first`, error);
  });
  if (await exists(configPath(directory))) return [directory];
  const paths = names.filter((name) => !name.isFile()).map(({ name }) => join(directory, name));
  const runs: string[] = [];
  for (const path of paths.sort()) if (await exists(configPath(path)).catch(() => false)) runs.push(path);
  if (runs.length > 0) return runs;
  throw inputError(`Expected ${directory} to hold runs, got none; train one first`);
}

/** A row for each run. */
export function runTable(summaries: readonly RunSummary[]): string[] {
  const header = [
    'run',
    'state',
    'engine',
    'step',
    'loss',
    'accuracy',
    'test loss',
    'test accuracy',
    'duration',
  ];
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? '-' : short(value);
  const rows = summaries.map(({ run, state, engine, step, steps, losses, accuracy, test, seconds }) => [
    ...[printable(run), state, printable(engine)],
    steps === null ? `${step}` : `${step}/${steps}`,
    losses.length === 0 ? '-' : losses.map(short).join(' '),
    ...[number(accuracy), number(test?.loss), number(test?.accuracy)],
    seconds === null ? '-' : duration(seconds),
  ]);
  return aligned([header, ...rows], 3);
}
