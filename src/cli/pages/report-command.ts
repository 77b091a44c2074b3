import { dirname, join, relative, resolve, sep } from 'node:path';
import { integer } from '../../check.ts';
import { inputError, messageOf, usageError } from '../../errors.ts';
import { replaceFile, tryReplacing } from '../../files/atomic-file.ts';
import { reportDocument } from '../../pages/document.ts';
import type { RunData } from '../../pages/page-data.ts';
import { readRunFields } from '../../pages/read-run.ts';
import { packageVersion } from '../../runtime/package-version.ts';
import { counted } from '../../shown.ts';
import { print } from '../print/output.ts';
import { statusLine } from '../print/status-line.ts';
import { type Evaluate, type EvaluationOptions, evaluator, openRunView } from './collect.ts';

export interface ReportCommandOptions extends EvaluationOptions {
  readonly out?: string;
  readonly evaluation: boolean;
}

/** A page of more could not be opened in a moment. */
const mostRuns = 100;

/** Of a single run; many share the room of the file. */
const mostBuckets = 4000;

/** Writes what runs came to as one HTML file. @returns the exit code */
export async function reportCommand(
  runs: readonly string[],
  { out, evaluation, ...options }: ReportCommandOptions,
): Promise<number> {
  const { workers } = options;
  if (workers !== undefined) integer('workers', workers, 1);
  if (runs.length > mostRuns)
    throw usageError(`Expected at most ${mostRuns} runs, got ${runs.length}; make several reports`);
  // Before anything that takes its time.
  for (const run of runs) await readRunFields(run);
  const file = out ?? join(runs[0], 'report.html');
  await tryReplacing(file).catch((cause: unknown) => {
    throw inputError(`Could not write ${file}: ${messageOf(cause)}; name another file with \`out\``, cause);
  });
  const collected: RunData[] = [];
  for (const run of runs) {
    statusLine.show(`reading ${run}`);
    const evaluate = evaluation ? evaluator(run, options) : leftOut;
    const buckets = Math.max(400, Math.floor(mostBuckets / runs.length));
    const view = openRunView({ run, buckets, addressOf: (path) => relativeAddress(file, path) });
    collected.push(await view.read(evaluate));
  }
  const html = Buffer.from(await reportDocument({ version: packageVersion, runs: collected }));
  await replaceFile(file, html);
  print(`${file}: ${counted(runs.length, 'run')}, ${Math.ceil(html.length / 1000)} kB; open it in a browser`);
  return 0;
}

/** Of a file, for a page that lies in another. */
const relativeAddress = (page: string, path: string): string =>
  relative(dirname(resolve(page)), path)
    .split(sep)
    .map(encodeURIComponent)
    .join('/');

const leftOut: Evaluate = async () => ({ missing: 'The test set was not classified (--no-evaluation).' });
